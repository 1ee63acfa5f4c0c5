#include "edge/cli/output.h"

#include "base/text.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace assent::cli {
namespace {

// No byte that a terminal obeys, but for the newlines between lines.
bool is_safe(std::string_view text) {
  return std::ranges::none_of(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && byte != '\n') || byte == 0x7f;
  });
}

TEST(Output, WhatAnAgentWroteCannotMoveTheCursorOrHideItself) {
  const std::string hostile = "ok\x1b[2K\rrm -rf \xE2\x80\xAE\xE2\x80\x8B\n\x07";
  const Json line = Json::object({{"id", "apr_1"}, {"title", hostile}});
  for (const Json& data : {line, Json(Json::Array{line, line}), Json(hostile),
                           Json::object({{hostile, 1}}), Json::object({{"a", line}})}) {
    const std::string text = table_of(data);
    EXPECT_TRUE(is_safe(text)) << text;
    EXPECT_EQ(text.find("\xE2\x80\xAE"), std::string::npos) << "bidi";
    EXPECT_EQ(text.find("\xE2\x80\x8B"), std::string::npos) << "zero width";
  }
}

TEST(Output, AnEventIsOneLineWithItsSequenceTimeTypeSubjectAndActor) {
  const Json event = Json::object(
      {{"specversion", "1.0"},
       {"sequence", "00000000000000000014"},
       {"time", "2026-01-19T22:27:00.025000Z"},
       {"type", "approval.succeeded"},
       {"subject", "approval/apr_1"},
       {"data", Json::object({{"actor", Json::object({{"type", "human"}, {"name", "a\nn"}})}})}});
  const std::string text = table_of(event);
  EXPECT_EQ(std::ranges::count(text, '\n'), 1);
  EXPECT_NE(text.find("      14  2026"), std::string::npos);
  EXPECT_NE(text.find("human a\\u{000A}n"), std::string::npos) << text;
}

TEST(Output, AListIsATableWhoseLongCellsSayThatTheyAreCut) {
  const Json row = Json::object({{"id", "x"}, {"text", std::string(100, 'y')}});
  const std::string text = table_of(Json(Json::Array{row}));
  EXPECT_NE(text.find("..."), std::string::npos);
  std::string wide;
  for (int i = 0; i < 60; ++i) wide += "ä";
  EXPECT_TRUE(is_utf8(table_of(Json(Json::Array{Json::object({{"text", "x" + wide}})}))));
  EXPECT_EQ(table_of(Json::array()), "nothing\n");
}

TEST(Output, ExitCodesAreThoseOfTheContract) {
  const auto exit = [](long status, std::string_view code) {
    return exit_of({.status = status, .body = ""}, Json::object({{"code", code}}));
  };
  EXPECT_EQ(exit(401, "UNAUTHENTICATED"), Exit::not_authorised);
  EXPECT_EQ(exit(403, "SELF_APPROVAL_FORBIDDEN"), Exit::not_authorised);
  EXPECT_EQ(exit(409, "EVIDENCE_REQUIRED"), Exit::refused);
  EXPECT_EQ(exit(409, "INVALID_STATE"), Exit::conflict);
  EXPECT_EQ(exit(410, "EXPIRED"), Exit::expired);
  EXPECT_EQ(exit(503, "AUDIT_UNAVAILABLE"), Exit::unavailable);
  EXPECT_EQ(exit(400, "VALIDATION_ERROR"), Exit::error);
  EXPECT_EQ(exit_of_status("approved"), Exit::done);
  EXPECT_EQ(exit_of_status("executed"), Exit::done);
  EXPECT_EQ(exit_of_status("pending"), Exit::pending);
  EXPECT_EQ(exit_of_status("expired"), Exit::expired);
  EXPECT_EQ(exit_of_status("rejected"), Exit::refused);
  EXPECT_EQ(exit_of_status("cancelled"), Exit::refused);
}

}  // namespace
}  // namespace assent::cli
