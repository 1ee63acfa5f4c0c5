#include "verify/checkpoint_report.h"

#include "base/text.h"
#include "ledger/note.h"

#include <array>
#include <string>
#include <utility>

namespace assent::verify {
namespace {

std::string key_id_text(ledger::KeyId id) {
  const auto number = static_cast<std::uint32_t>(id);
  std::string bytes;
  for (const unsigned shift : {24U, 16U, 8U, 0U})
    bytes.push_back(static_cast<char>(number >> shift));
  return to_hex(bytes);
}

}  // namespace

Result<ledger::Checkpoint> open_reported(std::string_view note, const ledger::VerifierKey& key,
                                         Report& report) {
  auto checkpoint = ledger::open_checkpoint(note, key);
  if (!checkpoint) {
    return Error{Code::corrupt,
                 "the log's key does not vouch for the checkpoint: " + checkpoint.error().detail};
  }
  report.origin = checkpoint->origin;
  report.verifier_key = key.text();
  report.size = ledger::number(checkpoint->head.size);
  report.root = to_hex(as_bytes(checkpoint->head.root));
  report.checkpoint = std::string(note);
  const auto parsed = ledger::parse_note(note);
  CHECK(parsed.has_value());
  for (const ledger::Signature& signature : parsed->signatures) {
    if (signature.name == key.name() && signature.key_id == key.id()) continue;
    report.cosignatures.push_back(
        {.name = signature.name, .key_id = key_id_text(signature.key_id), .is_verified = false});
  }
  return std::move(*checkpoint);
}

void check_cosignatures(const std::vector<std::string>& witness_keys, Report& report) {
  const auto note = ledger::parse_note(report.checkpoint);
  if (!note) return;
  for (const std::string& text : witness_keys) {
    const auto key = ledger::VerifierKey::from_text(text);
    if (!key) continue;  // Of an algorithm that this version does not know.
    for (const ledger::Signature& signature : note->signatures) {
      if (signature.name != key->name() || signature.key_id != key->id()) continue;
      if (!key->verifies(note->text, signature.bytes)) continue;
      for (Cosignature& cosignature : report.cosignatures) {
        const bool is_it =
            cosignature.name == key->name() && cosignature.key_id == key_id_text(key->id());
        cosignature.is_verified = cosignature.is_verified || is_it;
      }
    }
  }
}

void conclude(const Result<void>& result, Finding place, Report& report) {
  if (result) {
    report.verdict = Verdict::verified;
    return;
  }
  const Error& error = result.error();
  if (error.code == Code::corrupt) {
    report.verdict = Verdict::failed;
    place.what = error.detail;
    report.finding = std::move(place);
  } else {
    report.verdict = Verdict::undecided;
    report.reason = error.detail;
  }
}

}  // namespace assent::verify
