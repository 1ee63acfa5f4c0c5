#include "ledger/note.h"

#include "base/text.h"
#include "ledger/testing.h"

#include <gtest/gtest.h>

#include <array>

namespace assent::ledger {
namespace {

const std::string kText = "One line.\nAnother.\n";

// A device that cannot be reached.
class UnpluggedSigner final : public Signer {
 public:
  const VerifierKey& verifier_key() const override { return key_; }
  Result<std::string> sign(std::string_view) const override {
    return Error{Code::unavailable, "The device is unplugged."};
  }

 private:
  VerifierKey key_ = counting_signer("log.example", 0).verifier_key();
};

Ed25519Signer ann() {
  return counting_signer("ann.example", 0);
}
Ed25519Signer bob() {
  return counting_signer("bob.example", 32);
}

Note note_by_ann() {
  return *parse_note(*sign_note(kText, ann()));
}

// A note by Ann with more lines, which parse but which Ann did not make.
std::string note_with(const std::vector<Signature>& more) {
  Note note = note_by_ann();
  note.signatures.insert(note.signatures.end(), more.begin(), more.end());
  return format_note(note);
}

Signature signature_by(const Signer& signer, std::string_view text) {
  return parse_note(*sign_note(text, signer))->signatures.front();
}

Result<Note> open_for_ann(std::string_view bytes) {
  const std::array keys = {ann().verifier_key()};
  return open_note(bytes, keys);
}

TEST(Note, NotesAreThoseThatGoMakes) {
  const NoteVectors vectors = load_note_vectors();
  ASSERT_EQ(vectors.notes.size(), 4U);
  ASSERT_EQ(vectors.seeds.size(), 3U);
  for (const std::string& bytes : vectors.notes) {
    const auto note = parse_note(bytes);
    ASSERT_TRUE(note.has_value()) << bytes;
    EXPECT_EQ(format_note(*note), bytes);

    Note ours{.text = note->text, .signatures = {}};
    for (std::size_t i = 0; i < note->signatures.size(); ++i) {
      const auto key = VerifierKey::from_text(vectors.verifier_keys[i]);
      const auto signer = Ed25519Signer::from_seed(key->name(), Secret(vectors.seeds[i]));
      EXPECT_EQ(signer->verifier_key(), *key);
      ours.signatures.push_back(signature_by(*signer, note->text));
      EXPECT_TRUE(open_note(bytes, std::array{*key}).has_value());
    }
    EXPECT_EQ(ours, *note);
  }
}

TEST(Note, TheTextEndsAtTheLastEmptyLine) {
  const std::string text = "above\n\n\nbelow\n\n";
  const auto note = open_for_ann(*sign_note(text, ann()));
  ASSERT_TRUE(note.has_value());
  EXPECT_EQ(note->text, text);
}

TEST(Note, EveryFlippedBitIsNoticed) {
  const std::string good = *sign_note(kText, ann());
  ASSERT_TRUE(open_for_ann(good).has_value());
  for (std::size_t bit = 0; bit < 8 * good.size(); ++bit) {
    std::string bad = good;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << bit % 8));
    EXPECT_FALSE(open_for_ann(bad).has_value()) << bad;
  }
}

TEST(Note, EveryTruncationIsNoticed) {
  const std::string good = *sign_note(kText, ann());
  for (std::size_t size = 0; size < good.size(); ++size) {
    EXPECT_FALSE(open_for_ann(good.substr(0, size)).has_value());
    EXPECT_FALSE(open_for_ann(good.substr(good.size() - size)).has_value());
  }
}

TEST(Note, UnknownSignersAreIgnored) {
  const auto opened = open_for_ann(note_with({signature_by(bob(), "some other text\n")}));
  ASSERT_TRUE(opened.has_value());
  ASSERT_EQ(opened->signatures.size(), 1U);
  EXPECT_EQ(opened->signatures[0].name, "ann.example");
}

TEST(Note, SharingANameOrAnIdWithAKnownKeyIsBeingUnknown) {
  Signature same_name = signature_by(ann(), kText);
  same_name.key_id = KeyId{1};
  Signature same_id = signature_by(ann(), kText);
  same_id.name = "eve.example";
  EXPECT_EQ(open_for_ann(note_with({same_name, same_id}))->signatures.size(), 1U);

  const std::string by_strangers = format_note({.text = kText, .signatures = {same_name, same_id}});
  EXPECT_EQ(open_for_ann(by_strangers).error().code, Code::unprocessable);
}

TEST(Note, OneWrongSignatureOfAKnownKeySpoilsTheNote) {
  const std::array keys = {ann().verifier_key(), bob().verifier_key()};
  const std::string bytes = note_with({signature_by(bob(), "some other text\n")});
  const auto opened = open_note(bytes, keys);
  ASSERT_FALSE(opened.has_value());
  EXPECT_EQ(opened.error().code, Code::unprocessable);
  EXPECT_EQ(opened.error().detail, "The note's signature by bob.example is wrong.");

  // Also when the same key has already signed rightly.
  EXPECT_FALSE(open_for_ann(note_with({signature_by(ann(), "some other text\n")})).has_value());
}

TEST(Note, AKeyThatSignsTwiceCountsOnce) {
  EXPECT_EQ(open_for_ann(note_with({signature_by(ann(), kText)}))->signatures.size(), 1U);
}

TEST(Note, ANoteThatNobodyKnownSignedIsRefused) {
  const std::string bytes = *sign_note(kText, ann());
  EXPECT_EQ(open_note(bytes, std::array{bob().verifier_key()}).error().code, Code::unprocessable);
  EXPECT_EQ(open_note(bytes, {}).error().code, Code::unprocessable);
}

TEST(Note, AllKnownSignersAreReported) {
  const std::array keys = {bob().verifier_key(), ann().verifier_key()};
  const auto opened = open_note(note_with({signature_by(bob(), kText)}), keys);
  ASSERT_TRUE(opened.has_value());
  EXPECT_EQ(opened->signatures.size(), 2U);
}

TEST(Note, ManySignaturesAreAcceptedAndTooManyRefused) {
  Note note = note_by_ann();
  while (note.signatures.size() < kSignaturesMax) {
    note.signatures.insert(
        note.signatures.begin(),
        {.name = "witness.example", .key_id = KeyId{7}, .bytes = std::string(5000, 's')});
    EXPECT_TRUE(open_for_ann(format_note(note)).has_value()) << note.signatures.size();
  }
  note.signatures.push_back(note.signatures.front());
  EXPECT_EQ(parse_note(format_note(note)).error().detail,
            "Not a note: it has too many signatures.");
}

TEST(Note, ANoteHasALargestSize) {
  const auto sized = [](std::size_t bytes) { return std::string(bytes - 1, 'x') + "\n"; };
  const std::size_t signature = sign_note("\n", ann())->size() - 1;
  EXPECT_TRUE(sign_note(sized(kNoteBytesMax - signature), ann()).has_value());
  EXPECT_FALSE(sign_note(sized(kNoteBytesMax - signature + 1), ann()).has_value());
  EXPECT_EQ(parse_note(sized(kNoteBytesMax + 1)).error().detail, "Not a note: it is too long.");
}

TEST(Note, WhatIsNotANoteIsRefused) {
  const std::string line = "\u2014 a.example AAAAAQA=\n";
  ASSERT_TRUE(parse_note("text\n\n" + line).has_value());
  ASSERT_TRUE(parse_note("\n\n" + line).has_value());
  const std::array<std::string, 22> bad = {
      "",
      "\n",
      "\n\n",
      "text",
      "text\n",
      "text\n\n",
      "text\n\n\n",
      line,
      "\n" + line,
      "text\n" + line,
      "text\n\n" + line.substr(0, line.size() - 1),
      "text\n\n" + line + "more\n",
      "text\n\n" + line + "\n",
      "text\n\nmore\n" + line,
      "te\x01xt\n\n" + line,
      "te\txt\n\n" + line,
      "text\r\n\r\n" + line,
      "te\xffxt\n\n" + line,
      std::string("te\0xt\n\n", 7) + line,
      "text\n\n- a.example AAAAAQA=\n",
      "text\n\n\u2014a.example AAAAAQA=\n",
      "text\n\n\u2014  AAAAAQA=\n",
  };
  for (const std::string& bytes : bad) {
    const auto note = parse_note(bytes);
    ASSERT_FALSE(note.has_value()) << bytes;
    EXPECT_EQ(note.error().code, Code::validation_error) << bytes;
  }
}

TEST(Note, ASignatureLineIsANameAndBase64) {
  const auto is_note = [](const std::string& line) {
    return parse_note("text\n\n\u2014 " + line + "\n").has_value();
  };
  EXPECT_TRUE(is_note("a.example AAAAAQA="));
  EXPECT_FALSE(is_note("a.example"));
  EXPECT_FALSE(is_note("a.example "));
  EXPECT_FALSE(is_note("a.example  AAAAAQA="));
  EXPECT_FALSE(is_note("a.example AAAAAQA= "));
  EXPECT_FALSE(is_note("a.example AAAAAQA"));   // No padding.
  EXPECT_FALSE(is_note("a.example AAAAAQB="));  // Stray bits.
  EXPECT_FALSE(is_note("a.example AAAAAQ=="));  // A key id and no signature.
  EXPECT_FALSE(is_note("a.example AAAA-_A="));  // The other alphabet.
  EXPECT_FALSE(is_note("a+example AAAAAQA="));
  EXPECT_FALSE(is_note("a\u00a0b AAAAAQA="));
}

TEST(Note, OnlyNoteTextIsSigned) {
  for (const char* text : {"", "no newline", "tab\t\n", "bell\a\n", "\xff\n", "two\nlines"}) {
    const auto note = sign_note(text, ann());
    ASSERT_FALSE(note.has_value()) << text;
    EXPECT_EQ(note.error().code, Code::validation_error);
  }
}

TEST(Note, ASignerThatFailsIsReported) {
  EXPECT_EQ(sign_note(kText, UnpluggedSigner()).error().code, Code::unavailable);
}

TEST(Note, AnErrorDoesNotRepeatTheNote) {
  const auto opened = open_for_ann("te\x1b[2Jxt\n\n");
  EXPECT_EQ(opened.error().detail, "Not a note: it has a control character.");
}

}  // namespace
}  // namespace assent::ledger
