// Which operation a method and a path mean. Built once from the operation table; then thread-safe.
#pragma once

#include "app/operation.h"
#include "base/result.h"
#include "edge/http/parts.h"

#include <string>
#include <string_view>
#include <vector>

namespace assent::http {

struct Route {
  const app::Operation* operation = nullptr;  // Never null.
  Parameters path;                            // The decoded parameters.
};

class Routes {
 public:
  explicit Routes(std::span<const app::Operation> operations);

  // Code::not_found, Code::method_not_allowed (see allowed()), or Code::validation_error where a
  // path segment is not percent-encoded UTF-8. A literal segment wins over a parameter.
  Result<Route> find(std::string_view method, std::string_view path) const;

  // The methods of a path, for the Allow field: `GET, POST`.
  std::string allowed(std::string_view path) const;

 private:
  struct Row {
    std::string method;
    std::vector<std::string> segments;  // `{id}` is a parameter.
    const app::Operation* operation;
  };
  std::vector<const Row*> matching(const std::vector<std::string_view>& segments) const;

  std::vector<Row> rows_;
};

}  // namespace assent::http
