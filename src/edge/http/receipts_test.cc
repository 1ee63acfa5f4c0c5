// Receipts and proofs as a caller gets them, checked with the log's key alone.
#include "base/canonical.h"
#include "base/text.h"
#include "edge/http/testing_api.h"
#include "ledger/checkpoint.h"
#include "ledger/proof.h"

#include <thread>

namespace assent::http {
namespace {

constexpr std::string_view kEvent =
    R"({"type":"content.publish","target":{"type":"page","id":"home"},"outcome":"success"})";

class ReceiptsTest : public ApiTest {
 protected:
  ledger::VerifierKey key() {
    return *ledger::VerifierKey::from_text(
        store->verifier_key(store->identities()->tenants().front()));
  }

  static const Json* receipt_of(const Answer& answer) {
    const Json* const meta = answer.body.find("meta");
    return meta == nullptr ? nullptr : meta->find("receipt");
  }

  // Whether the receipt proves the event with its sequence, whose bytes are asked for.
  bool proves(const Json& receipt) {
    const auto checkpoint = ledger::open_checkpoint(*receipt.string_at("checkpoint"), key());
    if (!checkpoint) return false;
    std::vector<Hash> path;
    for (const Json& hash : receipt.find("inclusionProof")->items()) {
      path.push_back(*ledger::hash_from_text(hash.string()));
    }
    const auto sequence = static_cast<std::uint64_t>(*receipt.integer_at("sequence"));
    const Answer event = get("/v1/events/" + std::to_string(sequence), admin);
    const Hash leaf = ledger::hash_leaf(canonical_json(event.data()));
    EXPECT_EQ(receipt.string_at("leafHash"), to_base64(as_bytes(leaf)));
    return ledger::root_from_path(leaf, ledger::Index{sequence}, checkpoint->head.size, path) ==
           checkpoint->head.root;
  }
};

TEST_F(ReceiptsTest, AnyWriteAnswersWithItsProof) {
  const std::string agent = make("agent", "agent");
  const std::string approver = make("human", "approver");
  const Answer asked =
      post("/v1/approvals?proof=true", agent, R"({"kind":"tool_call","tool":"fs.delete"})");
  ASSERT_EQ(asked.http.status, 201);
  EXPECT_TRUE(proves(*receipt_of(asked)));
  const Answer approved = post("/v1/approvals/" + asked.at("id") + "/approve?proof=true", approver,
                               R"({"contentHash":")" + asked.at("contentHash") + R"("})");
  ASSERT_EQ(approved.http.status, 200) << approved.http.body;
  EXPECT_TRUE(proves(*receipt_of(approved)));
  EXPECT_TRUE(proves(*receipt_of(post("/v1/events?proof=true", agent, std::string(kEvent)))));
}

TEST_F(ReceiptsTest, WithoutBeingAskedNobodyGetsOne) {
  const std::string agent = make("agent", "agent");
  EXPECT_EQ(receipt_of(post("/v1/events", agent, std::string(kEvent))), nullptr);
  EXPECT_EQ(receipt_of(post("/v1/events?proof=false", agent, std::string(kEvent))), nullptr);
}

TEST_F(ReceiptsTest, ARefusalThatWasRecordedHasOne) {
  const std::string both = post("/v1/principals", admin,
                                R"({"type":"human","name":"x","roles":["approver","requester"]})")
                               .at("id");
  const std::string self = post("/v1/principals/" + both + "/keys", admin).at("key");
  const Answer asked = post("/v1/approvals", self, R"({"kind":"tool_call","tool":"fs.delete"})");
  const Answer refused = post("/v1/approvals/" + asked.at("id") + "/approve?proof=true", self,
                              R"({"contentHash":")" + asked.at("contentHash") + R"("})");
  EXPECT_EQ(refused.http.status, 403);
  ASSERT_NE(receipt_of(refused), nullptr) << refused.http.body;
  EXPECT_TRUE(proves(*receipt_of(refused)));
}

TEST_F(ReceiptsTest, AWriteThatRecordedNothingHasNone) {
  const Answer stored = send(request("PUT", "/v1/blobs?proof=true", admin, "bytes",
                                     {{"Content-Type", "application/octet-stream"}}));
  EXPECT_LT(stored.http.status, 300) << stored.http.body;
  ASSERT_NE(receipt_of(stored), nullptr);
  EXPECT_TRUE(receipt_of(stored)->is_null());
}

TEST_F(ReceiptsTest, ARetryGetsOneForTheSameEvent) {
  const std::string agent = make("agent", "agent");
  const auto send_it = [&](const std::string& query) {
    return post("/v1/events" + query, agent, std::string(kEvent), {{"Idempotency-Key", "k1"}});
  };
  const Answer first = send_it("?proof=true");
  post("/v1/events", agent, std::string(kEvent));
  const Answer again = send_it("?proof=true");
  EXPECT_EQ(again.header("Idempotency-Replayed"), "true");
  EXPECT_EQ(again.at("id"), first.at("id"));
  EXPECT_EQ(receipt_of(again)->integer_at("sequence"), receipt_of(first)->integer_at("sequence"));
  EXPECT_TRUE(proves(*receipt_of(again)));
  // To want a receipt is not to want something else.
  EXPECT_EQ(send_it("").http.status, 201);
}

TEST_F(ReceiptsTest, ProofIsTrueOrFalseAndOnlyOfWrites) {
  const std::string agent = make("agent", "agent");
  for (const std::string query :
       {"?proof", "?proof=", "?proof=1", "?proof=TRUE", "?proof=true&proof=true"}) {
    const Answer answer = post("/v1/events" + query, agent, std::string(kEvent));
    EXPECT_EQ(answer.http.status, 400) << query;
  }
  EXPECT_EQ(get("/v1/approvals?proof=true", agent).http.status, 400);
}

TEST_F(ReceiptsTest, ManyAtOnceAllProve) {
  const std::string agent = make("agent", "agent");
  std::vector<std::future<Answer>> answers;
  for (int i = 0; i < 300; ++i) {
    answers.push_back(start(request("POST", "/v1/events?proof=true", agent, std::string(kEvent))));
  }
  for (auto& answer : answers) {
    const Answer got = answer.get();
    ASSERT_EQ(got.http.status, 201);
    EXPECT_TRUE(proves(*receipt_of(got)));
  }
}

TEST_F(ReceiptsTest, AReceiptStillProvesInALaterTree) {
  const std::string agent = make("agent", "agent");
  const Answer early = post("/v1/events?proof=true", agent, std::string(kEvent));
  for (int i = 0; i < 40; ++i) post("/v1/events", agent, std::string(kEvent));
  const auto older = ledger::open_checkpoint(*receipt_of(early)->string_at("checkpoint"), key());
  const Answer late = post("/v1/events?proof=true", agent, std::string(kEvent));
  const auto newer = ledger::open_checkpoint(*receipt_of(late)->string_at("checkpoint"), key());
  const Answer grown = get("/v1/log/consistency?from=" + std::to_string(number(older->head.size)) +
                               "&to=" + std::to_string(number(newer->head.size)),
                           admin);
  ASSERT_EQ(grown.http.status, 200) << grown.http.body;
  std::vector<Hash> proof;
  for (const Json& hash : grown.data().find("proof")->items()) {
    proof.push_back(*ledger::hash_from_text(hash.string()));
  }
  EXPECT_TRUE(
      ledger::verify_consistency({.older = older->head, .newer = newer->head, .proof = proof}));
}

TEST_F(ReceiptsTest, EveryEventIsProvenAtEverySizeThatHasIt) {
  const std::string agent = make("agent", "agent");
  for (int i = 0; i < 5; ++i) post("/v1/events", agent, std::string(kEvent));
  const auto size = static_cast<std::uint64_t>(store->events());
  for (std::uint64_t to = 1; to <= size; ++to) {
    for (std::uint64_t i = 0; i < size; ++i) {
      const std::string event = "/v1/events/" + std::to_string(i);
      const Answer proof = get(event + "/proof?size=" + std::to_string(to), admin);
      if (i >= to) {
        EXPECT_EQ(proof.http.status, 422);
        continue;
      }
      ASSERT_EQ(proof.http.status, 200);
      EXPECT_EQ(proof.header("Content-Type"), "text/plain; charset=utf-8");
      const auto opened =
          ledger::open_proof(proof.http.body, canonical_json(get(event, admin).data()), key());
      ASSERT_TRUE(opened);
      EXPECT_EQ(number(opened->head.size), to);
    }
  }
}

TEST_F(ReceiptsTest, WhatCannotBeProvenIsRefused) {
  const auto status = [&](const std::string& path) { return get(path, admin).http.status; };
  EXPECT_EQ(status("/v1/events/99999/proof"), 404);
  EXPECT_EQ(status("/v1/events/0/proof?size=99999"), 422);
  EXPECT_EQ(status("/v1/events/0/proof?size=0"), 400);
  EXPECT_EQ(status("/v1/events/0/proof?size=-1"), 400);
  EXPECT_EQ(status("/v1/events/nothing/proof"), 400);
  EXPECT_EQ(status("/v1/log/consistency?from=2&to=1"), 422);
  EXPECT_EQ(status("/v1/log/consistency?from=0&to=99999"), 422);
  EXPECT_EQ(status("/v1/log/consistency?from=-1&to=1"), 400);
  EXPECT_EQ(status("/v1/log/consistency?from=1"), 400);
  EXPECT_EQ(get("/v1/events/0/proof", "").http.status, 401);
}

}  // namespace
}  // namespace assent::http
