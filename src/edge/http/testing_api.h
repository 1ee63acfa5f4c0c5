// The HTTP face on a whole engine, without sockets: for the tests of this folder.
#pragma once

#include "app/runner.h"
#include "base/random.h"
#include "base/time.h"
#include "edge/http/api.h"
#include "store/store.h"
#include "store/verify/verify_store.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <future>
#include <memory>
#include <string>
#include <vector>

namespace assent::http {

// An answer, taken apart.
struct Answer {
  net::Response http;
  Json body;

  std::string header(std::string_view name) const {
    for (const auto& [key, value] : http.headers) {
      if (key == name) return value;
    }
    return "";
  }
  const Json& data() const { return *body.find("data"); }
  std::string at(std::string_view name) const {
    return std::string(data().string_at(name).value_or(""));
  }
  std::string code() const { return std::string(body.string_at("code").value_or("")); }
  std::string trace() const {
    const Json* from = body.find("meta");
    if (from == nullptr) from = body.find("error");
    return std::string(from->string_at("traceId").value_or(""));
  }
};

// What a decision that ends something must say.
inline constexpr std::string_view kReason = R"({"rationale":"no longer needed"})";

class ApiTest : public testing::Test {
 protected:
  ApiTest() : clock(*from_rfc3339("2026-01-19T22:26:59.79Z")) {
    directory = std::filesystem::temp_directory_path() /
                ("assent_http_" + PrincipalId::make(clock.now(), random).text());
    auto made = store::Store::create(directory, "assent.test", clock, random);
    CHECK(made.has_value());
    admin = made->admin_key;
    auto opened = store::Store::open({.directory = directory}, clock, random);
    CHECK(opened.has_value());
    store = std::move(*opened);
    runner = std::make_unique<app::Runner>(*store);
    api = std::make_unique<Api>(*store, *runner);
  }
  ~ApiTest() override {
    api.reset();
    runner.reset();
    store.reset();
    store::check_everything(directory);
    std::filesystem::remove_all(directory);
  }

  std::future<Answer> start(net::Request request) {
    auto promise = std::make_shared<std::promise<Answer>>();
    auto future = promise->get_future();
    api->handle(std::move(request), [promise](net::Response response) {
      Answer answer{.http = std::move(response), .body = Json()};
      if (auto parsed = parse_json(answer.http.body)) answer.body = std::move(*parsed);
      promise->set_value(std::move(answer));
    });
    return future;
  }
  static net::Request request(std::string method, std::string target, const std::string& key,
                              std::string body = "", std::vector<net::Header> headers = {}) {
    net::Request made{.method = std::move(method),
                      .target = std::move(target),
                      .headers = std::move(headers),
                      .body = std::move(body)};
    if (!key.empty()) made.headers.emplace_back("Authorization", "Bearer " + key);
    const bool has_type = made.header("content-type").has_value();
    if (!made.body.empty() && !has_type) {
      made.headers.emplace_back("Content-Type", "application/json");
    }
    return made;
  }
  Answer send(net::Request made) { return start(std::move(made)).get(); }
  Answer post(std::string target, const std::string& key, std::string body = "{}",
              std::vector<net::Header> headers = {}) {
    return send(request("POST", std::move(target), key, std::move(body), std::move(headers)));
  }
  Answer get(std::string target, const std::string& key, std::vector<net::Header> headers = {}) {
    return send(request("GET", std::move(target), key, "", std::move(headers)));
  }

  // A principal's key.
  std::string make(std::string_view type, std::string_view role) {
    const Answer made = post("/v1/principals", admin,
                             R"({"type":")" + std::string(type) + R"(","name":"x","roles":[")" +
                                 std::string(role) + R"("]})");
    EXPECT_EQ(made.http.status, 201);
    return post("/v1/principals/" + made.at("id") + "/keys", admin).at("key");
  }
  std::string pending(const std::string& key) {
    const Answer asked = post("/v1/approvals", key, R"({"kind":"tool_call","tool":"fs.delete"})");
    EXPECT_EQ(asked.http.status, 201) << asked.http.body;
    return asked.at("id");
  }

  ManualClock clock;
  SystemRandom random;
  std::filesystem::path directory;
  std::string admin;
  std::unique_ptr<store::Store> store;
  std::unique_ptr<app::Runner> runner;
  std::unique_ptr<Api> api;
};

}  // namespace assent::http
