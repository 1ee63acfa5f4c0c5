#include "edge/http/openapi.h"

#include "app/operation.h"

#include <gtest/gtest.h>

#include <set>

namespace assent::http {
namespace {

// Every `$ref` below `value`.
void collect_references(const Json& value, std::set<std::string>& found) {
  if (value.is_array()) {
    for (const Json& item : value.items()) collect_references(item, found);
  }
  if (!value.is_object()) return;
  for (const auto& [name, member] : value.members()) {
    if (name == "$ref") found.insert(member.string());
    collect_references(member, found);
  }
}

bool resolves(const Json& root, std::string_view reference) {
  if (!reference.starts_with("#/")) return false;
  const Json* at = &root;
  reference.remove_prefix(1);
  while (at != nullptr && !reference.empty()) {
    reference.remove_prefix(1);
    const std::size_t end = std::min(reference.find('/'), reference.size());
    at = at->find(reference.substr(0, end));
    reference.remove_prefix(end);
  }
  return at != nullptr;
}

class OpenApiTest : public testing::Test {
 protected:
  const Json document = std::move(*parse_json(openapi_text()));
};

TEST_F(OpenApiTest, EveryOperationIsDescribedUnderItsRoute) {
  for (const app::Operation& operation : app::operations()) {
    const std::string_view route = operation.about.route;
    const std::size_t space = route.find(' ');
    std::string method(route.substr(0, space));
    for (char& c : method) c = static_cast<char>(c | 0x20);
    const Json* const path = document.find("paths")->find(route.substr(space + 1));
    ASSERT_NE(path, nullptr) << route;
    const Json* const described = path->find(method);
    ASSERT_NE(described, nullptr) << route;
    EXPECT_EQ(described->string_at("operationId"), operation.about.name);
    EXPECT_NE(described->find("responses")->find(operation.about.is_creation ? "201" : "200"),
              nullptr);
    EXPECT_EQ(described->find("requestBody") != nullptr, method != "get") << route;
  }
}

TEST_F(OpenApiTest, EveryReferenceResolves) {
  std::set<std::string> references;
  collect_references(document, references);
  EXPECT_TRUE(references.contains("#/components/schemas/Problem"));
  for (const std::string& reference : references) {
    EXPECT_TRUE(resolves(document, reference)) << reference;
  }
}

TEST_F(OpenApiTest, APolicyIsTakenInEveryMediaTypeThatTheServerTakes) {
  const Json* const content =
      document.find("paths")->find("/v1/policy")->find("put")->find("requestBody")->find("content");
  for (const char* type : {"application/yaml", "application/json", "text/yaml"}) {
    EXPECT_NE(content->find(type), nullptr) << type;
  }
}

}  // namespace
}  // namespace assent::http
