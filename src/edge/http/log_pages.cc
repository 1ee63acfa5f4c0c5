#include "edge/http/log_pages.h"

#include "base/gzip.h"
#include "edge/http/parts.h"
#include "store/proofs/tile_pages.h"

#include <algorithm>
#include <string>

namespace assent::http {

namespace {

constexpr std::string_view kPrefix = "/log/";
constexpr std::string_view kCheckpoint = "checkpoint";
constexpr std::string_view kTile = "tile/";
// A year: what is in a tile never changes.
constexpr std::string_view kForever = "max-age=31536000, immutable";

// Whether others than who asked may keep it.
std::string cacheable(const Tenant& tenant, std::string_view how) {
  return std::string(tenant.is_public ? "public, " : "private, ") + std::string(how);
}

Result<net::Response> checkpoint_response(store::Store& store, const Tenant& tenant) {
  std::string checkpoint = TRY(store.checkpoint(tenant));
  return net::Response{.status = 200,
                       .headers = {{"Content-Type", "text/plain; charset=utf-8"},
                                   {"Cache-Control", cacheable(tenant, "max-age=1")}},
                       .body = std::move(checkpoint)};
}

Result<net::Response> tile_response(const store::Store& store, const store::Read& read,
                                    const ledger::TilePath& path, bool takes_gzip) {
  // What was published since is not in the snapshot yet.
  const auto size = std::min(TRY(store.published_size(read.tenant())), read.size());
  std::string page = TRY(store::tile_page(
      read.connection(), {.tenant = read.tenant().number, .path = path, .size = size}));
  net::Response response{.status = 200,
                         .headers = {{"Content-Type", "application/octet-stream"},
                                     {"Cache-Control", cacheable(read.tenant(), kForever)}},
                         .body = std::move(page)};
  if (!path.is_entries) return response;  // Hashes do not get smaller.
  response.headers.emplace_back("Vary", "Accept-Encoding");
  if (takes_gzip) {
    response.headers.emplace_back("Content-Encoding", "gzip");
    response.body = gzipped(response.body);
  }
  return response;
}

}  // namespace

std::optional<LogPage> log_page_from(std::string_view path) {
  if (!path.starts_with(kPrefix)) return std::nullopt;
  path.remove_prefix(kPrefix.size());
  const std::size_t slash = path.find('/');
  if (slash == std::string_view::npos || slash == 0) return std::nullopt;
  LogPage page{.tenant = path.substr(0, slash), .tile = std::nullopt};
  path.remove_prefix(slash + 1);
  if (path == kCheckpoint) return page;
  if (!path.starts_with(kTile)) return std::nullopt;
  page.tile = ledger::parse_tile_path(path.substr(kTile.size()));
  if (!page.tile) return std::nullopt;
  return page;
}

Answerer answerer_of(const LogPage& page) {
  if (!page.tile) return {"checkpoint", "GET /log/{tenant}/checkpoint"};
  if (page.tile->is_entries) return {"entries", "GET /log/{tenant}/tile/entries/{n}"};
  return {"tile", "GET /log/{tenant}/tile/{level}/{n}"};
}

void answer_log_page(store::Store& store, const std::shared_ptr<Exchange>& exchange,
                     const Caller& caller, const LogPage& page) {
  const bool takes_gzip = accepts_gzip(exchange->request().header("accept-encoding").value_or(""));
  const auto run = [&store, exchange, takes_gzip, tile = page.tile](Result<void> result,
                                                                    const store::Read* read) {
    if (!result) return exchange->refuse(result.error());
    auto response = tile ? tile_response(store, *read, *tile, takes_gzip)
                         : checkpoint_response(store, read->tenant());
    if (!response) return exchange->refuse(response.error());
    exchange->answer(std::move(*response));
  };
  const auto accepted = store.read({.caller = caller, .run = run});
  if (!accepted) exchange->refuse(accepted.error());
}

}  // namespace assent::http
