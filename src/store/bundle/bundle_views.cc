#include "store/bundle/bundle_views.h"

#include "base/json.h"
#include "domain/event.h"

#include <utility>

namespace assent::store {
namespace {

class DialectView final : public BundleView {
 public:
  DialectView(Dialect dialect, Spool spool) : dialect_(dialect), file_(std::move(spool)) {}

  Result<void> add(std::string_view event) override {
    const auto row = translate(dialect_, TRY(stored_event_from(event)));
    return row ? file_.append(json_text(*row) + "\n") : Result<void>();
  }
  std::string name() const override { return "views/" + std::string(word(dialect_)) + ".ndjson"; }
  HashedSpool& file() override { return file_; }

 private:
  Dialect dialect_;
  HashedSpool file_;
};

}  // namespace

Result<std::unique_ptr<BundleView>> dialect_view(Dialect dialect, const std::string& directory) {
  auto spool = TRY(Spool::in(directory));
  return std::unique_ptr<BundleView>(std::make_unique<DialectView>(dialect, std::move(spool)));
}

}  // namespace assent::store
