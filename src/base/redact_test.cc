#include "base/redact.h"

#include "base/canonical.h"
#include "base/testing_files.h"

#include <gtest/gtest.h>

#include <chrono>

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

TEST(Redactor, TakesTimeInProportion) {
  // What makes a careless reader look at the rest again from each position. A hundred thousand
  // beginnings would take it minutes.
  const Redactor redactor(std::vector<std::string>{"declared"});
  for (const std::string_view piece : {"eyJ-",
                                       "eyJaaaaaa.",
                                       "sk-",
                                       "ghp_",
                                       "://",
                                       "a://b:c",
                                       "a://b:c/",
                                       "token:",
                                       "token=",
                                       "::",
                                       "token: ",
                                       "password: \\\"",
                                       "'token':",
                                       "--token",
                                       "-----BEGIN ",
                                       "bearer ",
                                       "Bearer null ",
                                       "4111 ",
                                       "4-",
                                       "key key key",
                                       "SG.aaaaaaaaaaaaaaaaaaaa.",
                                       "\\\\\\",
                                       "[[[",
                                       "token=[",
                                       "api ",
                                       "-----BEGIN PRIVATE KEY-----",
                                       "token:token=",
                                       "x?key=",
                                       "basic "}) {
    std::string text;
    while (text.size() < 400'000) text.append(piece);
    const auto before = std::chrono::steady_clock::now();
    redactor.redact(text);
    EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(10)) << piece;
  }
}

TEST(Redactor, KeepsNamesApartHoweverManyWereSecret) {
  Json value = Json::object();
  for (int i = 0; i < 20'000; ++i) {
    value.members().emplace_back("sk_live_0123456789" + std::to_string(i), i);
  }
  const auto before = std::chrono::steady_clock::now();
  Redactor().redact(value);
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(10));
  EXPECT_EQ(value.members()[0].first, kRedactionMarker);
  EXPECT_EQ(value.members()[19'999].first, std::string(kRedactionMarker) + " 20000");
  EXPECT_TRUE(parse_json(canonical_json(value)).has_value());
}

TEST(Redactor, LooksAtTheEndOfALongName) {
  const std::string long_name(1000, 'x');
  EXPECT_EQ(Redactor().secrecy_of(long_name + "_password"), NameSecrecy::secret);
  EXPECT_EQ(Redactor().secrecy_of(long_name + "key"), NameSecrecy::open) << "whole names only";
  const Redactor declared(std::vector<std::string>{std::string(64, 'x')});
  EXPECT_EQ(declared.secrecy_of(std::string(64, 'x')), NameSecrecy::declared);
  EXPECT_EQ(declared.secrecy_of(std::string(65, 'x')), NameSecrecy::open);
}

}  // namespace
}  // namespace assent
