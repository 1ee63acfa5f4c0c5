// The pages of a log, read by somebody who has C2SP's specification and the log's key.
#include "edge/http/log_pages.h"

#include "base/gzip.h"
#include "edge/http/parts.h"
#include "edge/http/testing_api.h"
#include "ledger/checkpoint.h"

namespace assent::http {
namespace {

constexpr std::string_view kEvent =
    R"({"type":"content.publish","target":{"type":"page","id":"home"},"outcome":"success"})";

class LogPagesTest : public ApiTest {
 protected:
  void emit(int count) {
    std::string lines;
    for (int i = 0; i < count; ++i) lines += std::string(kEvent) + "\n";
    const Answer answer = post("/v1/events", make("agent", "agent"), lines,
                               {{"Content-Type", "application/x-ndjson"}});
    EXPECT_EQ(answer.http.status, 201) << answer.http.body;
  }
  ledger::TreeHead head() {
    const auto key =
        ledger::VerifierKey::from_text(store->verifier_key(store->identities()->tenants().front()));
    const Answer page = get("/log/default/checkpoint", admin);
    return ledger::open_checkpoint(page.http.body, *key)->head;
  }
  std::string page(const std::string& path) {
    const Answer answer = get("/log/default/tile/" + path, admin);
    EXPECT_EQ(answer.http.status, 200) << path;
    return answer.http.body;
  }
  int status(const std::string& path, const std::string& key) {
    return get("/log/default/" + path, key).http.status;
  }
};

TEST_F(LogPagesTest, TheEntriesHashToTheTilesAndTheTilesToTheCheckpoint) {
  emit(600);
  const auto head = this->head();
  const std::uint64_t size = number(head.size);
  ASSERT_GT(size, 600u);
  std::vector<Hash> leaves;
  for (std::uint64_t index = 0; leaves.size() < size; ++index) {
    const auto width = static_cast<unsigned>(std::min<std::uint64_t>(256, size - 256 * index));
    const std::string bundle =
        page(ledger::format_tile_path({.is_entries = true, .index = index, .width = width}));
    const auto entries = ledger::entries_of(bundle, width);
    ASSERT_TRUE(entries);
    for (const auto entry : *entries) leaves.push_back(ledger::hash_leaf(entry));
  }
  ledger::Frontier frontier;
  for (const Hash& leaf : leaves) frontier.append(leaf);
  EXPECT_EQ(frontier.head(), head);
  for (const auto& path : ledger::tile_paths(head.size)) {
    EXPECT_EQ(page(ledger::format_tile_path(path)),
              *ledger::tile_bytes(path, ledger::nodes_of(leaves)));
  }
}

TEST_F(LogPagesTest, NothingBeyondTheCheckpointIsServed) {
  emit(300);
  const std::uint64_t size = number(head().size);
  const auto partial = [](std::uint64_t width) { return ".p/" + std::to_string(width); };
  EXPECT_EQ(status("tile/0/000", admin), 200);
  EXPECT_EQ(status("tile/0/001" + partial(size - 256), admin), 200);
  EXPECT_EQ(status("tile/0/001" + partial(size - 256 + 1), admin), 404);
  EXPECT_EQ(status("tile/0/001", admin), 404);
  EXPECT_EQ(status("tile/0/x001/000", admin), 404);
  EXPECT_EQ(status("tile/1/000.p/1", admin), 200);
  EXPECT_EQ(status("tile/1/000.p/2", admin), 404);
  EXPECT_EQ(status("tile/7/000", admin), 404);
  EXPECT_EQ(status("tile/63/000", admin), 404);
  EXPECT_EQ(status("tile/entries/001" + partial(size - 256), admin), 200);
  EXPECT_EQ(status("tile/entries/001" + partial(size - 256 + 1), admin), 404);
  EXPECT_EQ(status("tile/0/x018/x446/x744/x073/x709/x551/615", admin), 404);
}

TEST_F(LogPagesTest, APathThatIsMisspeltIsNoPage) {
  for (const std::string path : {"tile/0/0", "tile/00/000", "tile/0/000.p/0", "tile/0/000.p/256",
                                 "tile/64/000", "tile/data/000", "tile/", "tile", "checkpoint/",
                                 "tile/0/000/", "tile/0/%30%30%30", "tile/entries/../0/000"}) {
    EXPECT_EQ(status(path, admin), 404) << path;
  }
  EXPECT_EQ(get("/log//checkpoint", admin).http.status, 404);
}

TEST_F(LogPagesTest, TheHeadersAreTheSpecifications) {
  const Answer checkpoint = get("/log/default/checkpoint", admin);
  EXPECT_EQ(checkpoint.header("Content-Type"), "text/plain; charset=utf-8");
  EXPECT_EQ(checkpoint.header("Cache-Control"), "private, max-age=1");
  const Answer tile = get("/log/default/tile/0/000.p/1", admin);
  EXPECT_EQ(tile.header("Content-Type"), "application/octet-stream");
  EXPECT_EQ(tile.header("Cache-Control"), "private, max-age=31536000, immutable");
}

TEST_F(LogPagesTest, EntriesAreCompressedForWhoAsks) {
  head();
  const std::string path = "/log/default/tile/entries/000.p/1";
  const Answer plain = get(path, admin);
  EXPECT_EQ(plain.header("Content-Encoding"), "");
  EXPECT_EQ(plain.header("Vary"), "Accept-Encoding");
  const Answer small = get(path, admin, {{"Accept-Encoding", "identity, gzip"}});
  EXPECT_EQ(small.header("Content-Encoding"), "gzip");
  EXPECT_EQ(small.http.body, gzipped(plain.http.body));
  EXPECT_EQ(get("/log/default/tile/0/000.p/1", admin, {{"Accept-Encoding", "gzip"}})
                .header("Content-Encoding"),
            "");
}

TEST_F(LogPagesTest, OnlyReadersOfTheTenantSeeALogUntilItIsPublished) {
  const Answer founded = post("/v1/tenants", admin, R"({"name":"acme"})");
  ASSERT_EQ(founded.http.status, 201) << founded.http.body;
  const std::string stranger = founded.at("adminKey");
  head();
  for (const std::string path : {"checkpoint", "tile/0/000.p/1", "tile/entries/000.p/1"}) {
    EXPECT_EQ(status(path, admin), 200);
    EXPECT_EQ(status(path, make("human", "auditor")), 200);
    EXPECT_EQ(status(path, stranger), 404);
    EXPECT_EQ(status(path, ""), 401);
  }
  EXPECT_EQ(get("/log/nobody/checkpoint", "").http.status, 401);
  EXPECT_EQ(get("/log/nobody/checkpoint", admin).http.status, 404);

  const auto publish = [&](const std::string& key, const std::string& body) {
    return send(request("PUT", "/v1/log/visibility", key, body)).http.status;
  };
  EXPECT_EQ(publish(make("human", "auditor"), R"({"public":true})"), 403);
  EXPECT_EQ(publish(admin, R"({"public":"yes"})"), 400);
  EXPECT_EQ(publish(admin, "{}"), 400);
  EXPECT_EQ(publish(admin, R"({"public":true})"), 200);
  EXPECT_EQ(publish(admin, R"({"public":true})"), 200);  // And records nothing.
  for (const std::string path : {"checkpoint", "tile/0/000.p/1", "tile/entries/000.p/1"}) {
    EXPECT_EQ(status(path, ""), 200);
    EXPECT_EQ(status(path, stranger), 200);
    EXPECT_EQ(get("/log/acme/" + path, "").http.status, 401);
  }
  EXPECT_EQ(get("/log/default/tile/0/000.p/1", "").header("Cache-Control"),
            "public, max-age=31536000, immutable");
  EXPECT_EQ(get("/v1/events/0", "").http.status, 401);
  EXPECT_EQ(publish(admin, R"({"public":false})"), 200);
  EXPECT_EQ(status("checkpoint", ""), 401);
  const Answer changes = get("/v1/events?type=ledger.visibility_changed", admin);
  EXPECT_EQ(changes.data().items().size(), 2u);
}

TEST(AcceptsGzip, TakesTheFieldAtItsWord) {
  for (const char* yes :
       {"gzip", "GZIP", "identity, gzip", "br;q=1.0, gzip;q=0.8", "gzip; q=0.001"}) {
    EXPECT_TRUE(accepts_gzip(yes)) << yes;
  }
  for (const char* no :
       {"", "identity", "br", "gzip;q=0", "gzip; q=0.0", "gzip;q=0.000", "x-gzip"}) {
    EXPECT_FALSE(accepts_gzip(no)) << no;
  }
}

}  // namespace
}  // namespace assent::http
