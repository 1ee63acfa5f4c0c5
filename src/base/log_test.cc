#include "base/log.h"

#include "base/json.h"
#include "base/time.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace assent {
namespace {

// Tests run with standard error captured in a file, so lines are JSON.
std::string logged(LogLevel level, std::string_view event,
                   std::initializer_list<LogField> fields = {}) {
  testing::internal::CaptureStderr();
  log_line(level, event, fields);
  return testing::internal::GetCapturedStderr();
}

class Log : public testing::Test {
 protected:
  ~Log() override { set_log_level(LogLevel::info); }
};

TEST_F(Log, IsOneJsonObjectALine) {
  const std::string line =
      logged(LogLevel::warning, "queue.full", {{"queue", "writer"}, {"n", "7"}});
  ASSERT_TRUE(line.ends_with("}\n"));
  const auto value = parse_json(line);
  ASSERT_TRUE(value) << line;
  ASSERT_EQ(value->members().size(), 5U);
  EXPECT_TRUE(from_rfc3339(value->string_at("time").value_or("")));
  EXPECT_EQ(value->string_at("level"), "warning");
  EXPECT_EQ(value->string_at("event"), "queue.full");
  EXPECT_EQ(value->string_at("queue"), "writer");
  EXPECT_EQ(value->string_at("n"), "7");
}

TEST_F(Log, StaysOneLineOfJsonWhateverTheField) {
  const std::string line =
      logged(LogLevel::error, "x",
             {{"name", "a\nb\"}{\xff\u202e%v {} {0}"}, {"na\xffme", "v"}, {"absent", ""}});
  EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1);
  const auto value = parse_json(line);
  ASSERT_TRUE(value) << line;
  EXPECT_TRUE(value->string_at("name")->find("\\x{FF}") != std::string_view::npos);
  EXPECT_EQ(value->find("absent"), nullptr);
}

TEST_F(Log, LevelsHaveTheWordsThatLinesCarry) {
  EXPECT_EQ(log_level_from("debug"), LogLevel::debug);
  EXPECT_EQ(log_level_from("error"), LogLevel::error);
  EXPECT_EQ(log_level_from("loud"), std::nullopt);
  set_log_level(LogLevel::warning);
  EXPECT_FALSE(is_logged(LogLevel::info));
  EXPECT_TRUE(is_logged(LogLevel::warning));
}

TEST_F(Log, SaysNothingBelowItsLevel) {
  set_log_level(LogLevel::warning);
  EXPECT_EQ(logged(LogLevel::debug, "x"), "");
  EXPECT_EQ(logged(LogLevel::info, "x"), "");
  EXPECT_NE(logged(LogLevel::warning, "x"), "");
  set_log_level(LogLevel::debug);
  EXPECT_NE(logged(LogLevel::debug, "x"), "");
}

}  // namespace
}  // namespace assent
