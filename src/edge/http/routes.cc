#include "edge/http/routes.h"

#include <algorithm>

namespace assent::http {

namespace {

std::vector<std::string_view> segments_of(std::string_view path) {
  std::vector<std::string_view> segments;
  if (path.starts_with('/')) path.remove_prefix(1);
  while (true) {
    const std::size_t end = path.find('/');
    segments.push_back(path.substr(0, end));
    if (end == std::string_view::npos) return segments;
    path.remove_prefix(end + 1);
  }
}

bool is_parameter(std::string_view segment) {
  return segment.starts_with('{');
}

}  // namespace

Routes::Routes(std::span<const app::Operation> operations) {
  for (const app::Operation& operation : operations) {
    const std::string_view route = operation.about.route;
    const std::size_t space = route.find(' ');
    Row row{.method = std::string(route.substr(0, space)), .segments = {}, .operation = &operation};
    for (const auto segment : segments_of(route.substr(space + 1)))
      row.segments.emplace_back(segment);
    rows_.push_back(std::move(row));
  }
  // Literal before parameter, segment by segment, so that the first match is the best.
  std::ranges::stable_sort(rows_, [](const Row& a, const Row& b) {
    return std::ranges::lexicographical_compare(
        a.segments, b.segments, [](const std::string& x, const std::string& y) {
          return is_parameter(x) != is_parameter(y) ? is_parameter(y) : false;
        });
  });
}

std::vector<const Routes::Row*> Routes::matching(
    const std::vector<std::string_view>& segments) const {
  std::vector<const Row*> found;
  for (const Row& row : rows_) {
    const bool fits = std::ranges::equal(row.segments, segments, [](const auto& mine, auto theirs) {
      return is_parameter(mine) ? !theirs.empty() : mine == theirs;
    });
    if (fits) found.push_back(&row);
  }
  return found;
}

Result<Route> Routes::find(std::string_view method, std::string_view path) const {
  const auto segments = segments_of(path);
  const auto rows = matching(segments);
  if (rows.empty()) return Error{Code::not_found, "there is no such path"};
  const auto row = std::ranges::find(rows, method, &Row::method);
  if (row == rows.end()) {
    return Error{Code::method_not_allowed, "this path does not take this method"};
  }
  Route route{.operation = (*row)->operation, .path = {}};
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const std::string& name = (*row)->segments[i];
    if (!is_parameter(name)) continue;
    auto value = percent_decoded(segments[i]);
    if (!value) {
      return Error{Code::validation_error,
                   "the path is not percent-encoded UTF-8",
                   {{name.substr(1, name.size() - 2), "is not percent-encoded UTF-8"}}};
    }
    route.path.emplace_back(name.substr(1, name.size() - 2), std::move(*value));
  }
  return route;
}

std::string Routes::allowed(std::string_view path) const {
  std::vector<std::string_view> methods;
  for (const Row* row : matching(segments_of(path))) {
    // A literal and a parameter may both fit.
    if (std::ranges::find(methods, row->method) == methods.end()) methods.push_back(row->method);
  }
  std::string text;
  for (const std::string_view method : methods) {
    if (!text.empty()) text += ", ";
    text += method;
  }
  return text;
}

}  // namespace assent::http
