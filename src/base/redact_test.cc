#include "base/redact.h"

#include "base/testing_files.h"

#include <gtest/gtest.h>

namespace assent {
namespace {

Json vectors() {
  return parse_json(read_vector("redaction/vectors.json")).value();
}

std::vector<std::string> declared_of(const Json& vector) {
  std::vector<std::string> declared;
  if (const Json* const keys = vector.find("keys")) {
    for (const Json& key : keys->items()) declared.push_back(key.string());
  }
  return declared;
}

TEST(Redactor, TakesOutWhatTheVectorsSay) {
  const Json all = vectors();
  for (const Json& vector : all.items()) {
    const Redactor redactor(declared_of(vector));
    Json value = *vector.find("in");
    redactor.redact(value);
    EXPECT_EQ(json_text(value), json_text(*vector.find("out"))) << *vector.string_at("name");
  }
}

TEST(Redactor, ChangesNothingTheSecondTime) {
  const Json all = vectors();
  for (const Json& vector : all.items()) {
    const Redactor redactor(declared_of(vector));
    Json value = *vector.find("out");
    redactor.redact(value);
    EXPECT_EQ(json_text(value), json_text(*vector.find("out"))) << *vector.string_at("name");
  }
}

}  // namespace
}  // namespace assent
