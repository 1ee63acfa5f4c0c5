#include "edge/http/routes.h"

#include <gtest/gtest.h>

#include <set>

namespace assent::http {
namespace {

app::Operation row(std::string_view name, std::string_view route) {
  return {.about = {.name = name, .route = route, .command = "", .help = ""},
          .decode = {},
          .write = {},
          .read = {}};
}

class RoutesTest : public testing::Test {
 protected:
  std::string name_of(std::string_view method, std::string_view path) const {
    const auto route = routes.find(method, path);
    return route ? std::string(route->operation->about.name) : "-";
  }
  Code code_of(std::string_view method, std::string_view path) const {
    const auto route = routes.find(method, path);
    return route ? Code::internal : route.error().code;
  }

  // The parameter comes first on purpose.
  const std::vector<app::Operation> table = {
      row("get_event", "GET /v1/events/{id}"), row("stream", "GET /v1/events/stream"),
      row("emit", "POST /v1/events"),          row("query", "GET /v1/events"),
      row("touch", "POST /v1/events/{id}"),    row("prove", "GET /v1/events/{id}/proof"),
      row("pair", "GET /v1/{a}/of/{b}")};
  const Routes routes{table};
};

TEST_F(RoutesTest, ALiteralSegmentBeatsAParameter) {
  EXPECT_EQ(name_of("GET", "/v1/events/stream"), "stream");
  EXPECT_EQ(name_of("GET", "/v1/events/streams"), "get_event");
  EXPECT_EQ(name_of("GET", "/v1/events/stream/proof"), "prove");
  EXPECT_EQ(name_of("POST", "/v1/events/stream"), "touch");
}

TEST_F(RoutesTest, AnUnknownPathIsAbsentAndAKnownOneNamesItsMethods) {
  for (const char* path : {"", "/", "/v1", "/v1/", "/v1/event", "/v1/events/", "/v1/events//proof",
                           "/v1/events/1/proof/", "//v1/events", "/V1/events", "/v1/%65vents"}) {
    EXPECT_EQ(code_of("GET", path), Code::not_found) << path;
  }
  EXPECT_EQ(code_of("DELETE", "/v1/events"), Code::method_not_allowed);
  EXPECT_EQ(code_of("get", "/v1/events"), Code::method_not_allowed);
  EXPECT_EQ(routes.allowed("/v1/events"), "POST, GET");
  EXPECT_EQ(routes.allowed("/v1/events/stream"), "GET, POST");
  EXPECT_EQ(routes.allowed("/v1/nothing"), "");
}

TEST_F(RoutesTest, ParametersAreDecodedSegmentBySegment) {
  const auto route = routes.find("GET", "/v1/a%2Fb/of/%C3%A4+c");
  ASSERT_TRUE(route.has_value());
  EXPECT_EQ(route->path, (Parameters{{"a", "a/b"}, {"b", "ä+c"}}));
  for (const char* path :
       {"/v1/events/%", "/v1/events/%zz", "/v1/events/%00", "/v1/events/%ff", "/v1/events/\xff"}) {
    const auto bad = routes.find("GET", path);
    ASSERT_FALSE(bad.has_value()) << path;
    EXPECT_EQ(bad.error().code, Code::validation_error) << path;
    EXPECT_EQ(bad.error().fields.at(0).path, "id") << path;
  }
}

TEST(RoutesOfTheTable, EveryOperationIsFoundUnderItsOwnRoute) {
  const Routes routes(app::operations());
  std::set<std::string_view> seen;
  for (const app::Operation& operation : app::operations()) {
    const std::string_view route = operation.about.route;
    EXPECT_TRUE(seen.insert(route).second) << route;
    const std::size_t space = route.find(' ');
    const auto found = routes.find(route.substr(0, space), route.substr(space + 1));
    ASSERT_TRUE(found.has_value()) << route;
    EXPECT_EQ(found->operation, &operation) << route;
  }
}

}  // namespace
}  // namespace assent::http
