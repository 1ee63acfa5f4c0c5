// Whatever the text, reading it ends, loses no byte of it but the ends of lines, and numbers the
// lines as they are. What is read well, written in quotes, is read back.
#include "base/csv.h"
#include "base/result.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace {

std::string written(const assent::CsvRecord& record) {
  std::string text;
  for (const auto& field : record.fields) {
    if (!text.empty()) text += ',';
    text += '"';
    for (const char c : field.text) text += c == '"' ? std::string("\"\"") : std::string(1, c);
    text += '"';
  }
  return text;
}

void check_back(const assent::CsvRecord& record) {
  const std::string text = written(record);
  assent::CsvReader reader(text);
  assent::CsvRecord back;
  CHECK(reader.next(back) && back.fault.empty());
  CHECK(back.fields.size() == record.fields.size());
  for (std::size_t i = 0; i < back.fields.size(); ++i) {
    CHECK(back.fields[i].text == record.fields[i].text);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  assent::CsvReader reader(text);
  std::size_t before = reader.offset();
  for (assent::CsvRecord record; reader.next(record);) {
    CHECK(reader.offset() > before);
    CHECK(record.text.data() == text.data() + before);
    const std::string_view passed = text.substr(0, before);
    CHECK(record.line == 1 + static_cast<std::size_t>(std::ranges::count(passed, '\n')));
    const std::size_t end = before + record.text.size();
    CHECK(reader.offset() - end <= 2 && text.substr(end, reader.offset() - end) != "\r");
    CHECK(!record.fields.empty());
    if (record.fault.empty()) check_back(record);
    before = reader.offset();
  }
  CHECK(reader.offset() == text.size());
  return 0;
}
