#include "domain/evidence_override.h"

#include <gtest/gtest.h>

namespace assent {
namespace {

using Required = Override<bool>;
using Ttl = Override<std::int64_t>;

constexpr EvidencePolicy kNone;
constexpr EvidencePolicy kFresh = {.required = true, .ttl_seconds = 3600};

// `source required ttl weakened`, or the path of the error.
std::string effect(const EvidenceBasis& basis, const EvidenceOverride& asked,
                   Weakening weakening = Weakening::forbidden) {
  const auto found = effective_evidence(basis, asked, weakening, "evidencePolicy");
  if (!found) {
    EXPECT_EQ(found.error().code, Code::unprocessable);
    return found.error().fields.at(0).path;
  }
  std::string text(word(found->source));
  text += found->policy.required ? " required" : " optional";
  text += " " + (found->policy.ttl_seconds ? std::to_string(*found->policy.ttl_seconds) : "null");
  return text + (found->is_weakened ? " weakened" : "");
}

EvidenceBasis of_defaults(EvidencePolicy policy) {
  return {.entry = policy};
}
EvidenceBasis of_entry(EvidencePolicy policy) {
  return {.entry = policy, .is_explicit = true};
}
EvidenceBasis with_template(EvidenceBasis basis, std::optional<EvidencePolicy> from) {
  basis.has_template = true;
  basis.from_template = from;
  return basis;
}

TEST(EvidenceOverride, H28_WhatIsNotSaidIsInherited) {
  EXPECT_EQ(effect(of_defaults(kNone), {}), "default optional null");
  EXPECT_EQ(effect(of_entry(kFresh), {}), "default required 3600");
  EXPECT_EQ(effect(of_entry(kFresh), {.ttl_seconds = Ttl::of(60)}), "override required 60");
  EXPECT_EQ(effect(of_entry(kNone), {.required = Required::of(true)}), "override required null");
}

TEST(EvidenceOverride, H28_AnOverrideIsOneIfAnyFieldIsPresent) {
  EXPECT_EQ(effect(of_entry(kFresh), {.required = Required::of(true)}), "override required 3600");
  EXPECT_EQ(effect(of_entry(kNone), {.ttl_seconds = Ttl::null()}), "override optional null");
  EXPECT_EQ(effect(with_template(of_defaults(kNone), kFresh), {.required = Required::of(true)}),
            "override required 3600");
}

TEST(EvidenceOverride, H28_NullClears) {
  EXPECT_EQ(effect(of_entry(kFresh), {.ttl_seconds = Ttl::null()}, Weakening::allowed),
            "override required null weakened");
  EXPECT_EQ(effect(of_entry(kFresh), {.required = Required::null()}, Weakening::allowed),
            "override optional 3600 weakened");
  EXPECT_EQ(effect(of_entry(kFresh), {.required = Required::of(false)}, Weakening::allowed),
            "override optional 3600 weakened");
}

TEST(EvidenceOverride, H28_WithoutPermissionItTightensOnly) {
  EXPECT_EQ(effect(of_entry(kFresh), {.required = Required::null()}), "evidencePolicy.required");
  EXPECT_EQ(effect(of_entry(kFresh), {.required = Required::of(false), .ttl_seconds = Ttl::null()}),
            "evidencePolicy.required");
  EXPECT_EQ(effect(of_entry(kFresh), {.ttl_seconds = Ttl::null()}), "evidencePolicy.ttlSeconds");
  EXPECT_EQ(effect(of_entry(kFresh), {.ttl_seconds = Ttl::of(3601)}), "evidencePolicy.ttlSeconds");
  EXPECT_EQ(effect(of_entry(kFresh), {.ttl_seconds = Ttl::of(3600)}), "override required 3600");
  const auto refused =
      effective_evidence(of_entry(kFresh), {.ttl_seconds = Ttl::null()}, Weakening::forbidden, "p");
  EXPECT_EQ(refused.error().fields[0].message, "may tighten the policy's, never weaken it");
}

TEST(EvidenceOverride, H28_PermissionToWeakenIsNotWeakening) {
  EXPECT_EQ(effect(of_entry(kFresh), {.ttl_seconds = Ttl::of(60)}, Weakening::allowed),
            "override required 60");
  EXPECT_EQ(effect(of_entry(kFresh), {}, Weakening::allowed), "default required 3600");
}

TEST(EvidenceOverride, H28_ATemplateReplacesTheDefaults) {
  EXPECT_EQ(effect(with_template(of_defaults(kFresh), kNone), {}), "template optional null");
  EXPECT_EQ(effect(with_template(of_defaults(kNone), kFresh), {}), "template required 3600");
  // A template that says nothing of evidence is still where the terms come from.
  EXPECT_EQ(effect(with_template(of_defaults(kFresh), std::nullopt), {}), "template required 3600");
}

TEST(EvidenceOverride, H28_ATemplateNeverWeakensAnEntryThatMatched) {
  EXPECT_EQ(effect(with_template(of_entry(kFresh), kNone), {}), "template required 3600");
  EXPECT_EQ(
      effect(with_template(of_entry({.required = true}), EvidencePolicy{.ttl_seconds = 60}), {}),
      "template required 60");
  EXPECT_EQ(effect(with_template(of_entry({.ttl_seconds = 60}), kFresh), {}),
            "template required 60");
}

TEST(EvidenceOverride, H28_WeakeningIsMeasuredAgainstTheTemplate) {
  const EvidenceBasis strict = with_template(of_defaults(kNone), kFresh);
  EXPECT_EQ(effect(strict, {.required = Required::of(false)}), "evidencePolicy.required");
  const EvidenceBasis lax = with_template(of_defaults(kFresh), kNone);
  EXPECT_EQ(effect(lax, {.required = Required::null()}), "override optional null");
}

}  // namespace
}  // namespace assent
