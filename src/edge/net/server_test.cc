#include "edge/net/server.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <arpa/inet.h>
#include <chrono>
#include <future>
#include <map>
#include <mutex>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

namespace assent::net {
namespace {

using namespace std::chrono_literals;
using SteadyClock = std::chrono::steady_clock;

// A client that speaks bytes, so that a test can say what no library would.
class Client {
 public:
  explicit Client(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int on = 1;
    ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const auto* any = static_cast<const sockaddr*>(static_cast<const void*>(&address));
    connected_ = ::connect(socket_, any, sizeof address) == 0;
  }
  ~Client() { leave(); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  bool is_connected() const { return connected_; }
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t count = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
  }
  void half_close() { ::shutdown(socket_, SHUT_WR); }
  void leave() {
    if (socket_ >= 0) ::close(socket_);
    socket_ = -1;
  }

  // The next response, whole, its body by its Content-Length; empty if the server closed first.
  std::string response(std::string_view method = "GET") {
    std::size_t end = 0;
    while ((end = read_.find("\r\n\r\n")) == std::string::npos) {
      if (!read_more()) return {};
    }
    end += 4;
    const std::size_t length = read_.find("Content-Length: ");
    if (method != "HEAD" && length < end) end += std::stoul(read_.substr(length + 16));
    while (read_.size() < end) {
      if (!read_more()) return {};
    }
    const std::string response = read_.substr(0, end);
    read_.erase(0, end);
    return response;
  }
  // Whatever still comes until the server closes.
  std::string rest() {
    while (read_more()) {
    }
    return std::exchange(read_, {});
  }
  // Whether the server sends or closes within that time.
  bool hears_within(std::chrono::milliseconds time) {
    pollfd poll{socket_, POLLIN, 0};
    return ::poll(&poll, 1, static_cast<int>(time.count())) > 0;
  }

 private:
  bool read_more() {
    if (!hears_within(5s)) {
      ADD_FAILURE() << "The server has said nothing for 5 s.";
      return false;
    }
    char bytes[65536];
    const ssize_t count = ::recv(socket_, bytes, sizeof bytes, 0);
    if (count <= 0) return false;
    read_.append(bytes, static_cast<std::size_t>(count));
    return true;
  }

  int socket_;
  bool connected_ = false;
  std::string read_;
};

// Answers with what it was asked. `/later` is kept for answer_kept(), `/thread` is answered from
// another thread, `/refuse` is refused by its head, `/trap` gets a header nobody should send.
class Echo : public Handler {
 public:
  static constexpr std::size_t kBodyBytesMax = 1000;

  ~Echo() override {
    for (auto& thread : threads_) thread.join();
  }

  void handle(Request request, Respond respond) override {
    if (request.target == "/later") {
      const std::lock_guard lock(mutex_);
      kept_.push_back(std::move(respond));
      return;
    }
    if (request.target == "/thread") {
      const std::lock_guard lock(mutex_);
      threads_.emplace_back([respond = std::move(respond)] {
        respond({.headers = {}, .body = "from afar"});
        respond({.headers = {}, .body = "twice"});
      });
      return;
    }
    Response response;
    if (request.target == "/empty") response.status = 204;
    if (request.target == "/trap") response.headers.emplace_back("X-Trap", "a\r\nSet-Cookie: b");
    if (request.target == "/large") {
      response.body.assign(8 << 20, 'x');
    } else {
      response.headers.emplace_back("X-Host", request.header("HOST").value_or("-"));
      response.headers.emplace_back("X-Trailers", std::to_string(request.count("x-trailer")));
      response.body = request.method + " " + request.target + " " + request.body;
    }
    respond(std::move(response));
    respond({.headers = {}, .body = "twice"});
  }

  BodyLimit body_limit(const Request& head) override {
    if (head.target == "/refuse") return {0, Response{403, {}, "refused"}};
    if (head.target == "/generous") return {64 << 20, std::nullopt};
    return {kBodyBytesMax, std::nullopt};
  }

  Response protocol_error(int status) override {
    return {status, {{"X-Error", "yes"}}, "error " + std::to_string(status)};
  }

  std::size_t kept() {
    const std::lock_guard lock(mutex_);
    return kept_.size();
  }
  void await_kept(std::size_t count) {
    while (kept() < count) std::this_thread::sleep_for(1ms);
  }
  void answer_kept(const std::string& body) {
    std::vector<Respond> kept;
    {
      const std::lock_guard lock(mutex_);
      kept.swap(kept_);
    }
    for (const Respond& respond : kept) respond({.headers = {}, .body = body});
  }

 private:
  std::mutex mutex_;
  std::vector<Respond> kept_;         // Guarded by mutex_.
  std::vector<std::thread> threads_;  // Guarded by mutex_.
};

// A server that runs until the end of the test.
class Running {
 public:
  explicit Running(Server::Options options = {}) {
    if (options.threads == 0) options.threads = 2;
    auto listening = Server::listen(options, handler);
    CHECK(listening.has_value());
    server = std::move(listening).value();
    thread_ = std::thread([this] { server->run(); });
  }
  ~Running() { stop(); }

  void stop() {
    if (server) server->stop();
    if (thread_.joinable()) thread_.join();
  }

  // What the server says to these bytes on a connection of their own, until it closes.
  std::string answer_to(std::string_view bytes) {
    Client client(server->port());
    client.send(bytes);
    return client.rest();
  }

  Echo handler;
  std::unique_ptr<Server> server;

 private:
  std::thread thread_;
};

constexpr std::string_view kGet = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";
constexpr std::string_view kGetLater = "GET /later HTTP/1.1\r\nHost: h\r\n\r\n";

int status_of(std::string_view response) {
  return response.size() < 12 ? 0 : std::stoi(std::string(response.substr(9, 3)));
}

std::string body_of(std::string_view response) {
  const std::size_t end = response.find("\r\n\r\n");
  return std::string(end == std::string_view::npos ? response : response.substr(end + 4));
}

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

std::string post(std::string_view target, std::string_view body) {
  return "POST " + std::string(target) +
         " HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         std::string(body);
}

// A GET whose head has `size` bytes.
std::string get_of_size(std::size_t size) {
  const std::string begin = "GET /a HTTP/1.1\r\nHost: h\r\nX-Padding: ";
  return begin + std::string(size - begin.size() - 4, 'p') + "\r\n\r\n";
}

TEST(Server, AnswersRequestsOnOneConnectionOneAfterTheOther) {
  Running running;
  Client client(running.server->port());
  for (int i = 0; i < 3; ++i) {
    client.send(post("/a?b=c", "hello"));
    const std::string response = client.response();
    EXPECT_EQ(status_of(response), 200);
    EXPECT_EQ(body_of(response), "POST /a?b=c hello");
    EXPECT_TRUE(has(response, "\r\nDate: ") && has(response, " GMT\r\n"));
    EXPECT_FALSE(has(response, "Connection:"));
  }
}

TEST(Server, AnswersPipelinedRequestsInOrder) {
  Running running;
  Client client(running.server->port());
  client.send(post("/thread", "") + post("/2", "two") + post("/thread", "x") + post("/4", "four"));
  EXPECT_EQ(body_of(client.response()), "from afar");
  EXPECT_EQ(body_of(client.response()), "POST /2 two");
  EXPECT_EQ(body_of(client.response()), "from afar");
  EXPECT_EQ(body_of(client.response()), "POST /4 four");
}

TEST(Server, TakesARequestByteByByte) {
  Running running;
  Client client(running.server->port());
  const std::string request =
      "\r\nPOST /slow HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3;ext=1\r\nabc\r\n2\r\nde\r\n0\r\nX-Trailer: t\r\n\r\n";
  for (const char byte : request) {
    client.send({&byte, 1});
    std::this_thread::sleep_for(1ms);
  }
  const std::string response = client.response();
  EXPECT_EQ(body_of(response), "POST /slow abcde");
  EXPECT_TRUE(has(response, "X-Trailers: 0\r\n")) << "A trailer must not become a header.";
}

// Beast 1.81 asserts five bytes where a last chunk has four so far.
TEST(Server, TakesAnEmptyChunkedBodyByteByByte) {
  Running running;
  Client client(running.server->port());
  client.send("POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (const std::string_view part : {"0\r\n", "\r", "\n"}) {
    client.send(part);
    std::this_thread::sleep_for(10ms);
  }
  EXPECT_EQ(body_of(client.response()), "POST /a ");
}

TEST(Server, GivesHeadTheHeadersOfGetAndNoBody) {
  Running running;
  Client client(running.server->port());
  client.send("HEAD /a HTTP/1.1\r\nHost: h\r\n\r\n");
  client.send(kGet);
  EXPECT_TRUE(client.response("HEAD").ends_with("Content-Length: 8\r\n\r\n"));
  EXPECT_EQ(body_of(client.response()), "GET /a ");
}

TEST(Server, SendsNoBodyAndNoLengthWith204) {
  Running running;
  Client client(running.server->port());
  client.send("GET /empty HTTP/1.1\r\nHost: h\r\n\r\n");
  client.send(kGet);
  const std::string response = client.response();
  EXPECT_EQ(status_of(response), 204);
  EXPECT_FALSE(has(response, "Content-Length"));
  EXPECT_EQ(body_of(client.response()), "GET /a ");
}

TEST(Server, ClosesWhenTheClientWantsTo) {
  Running running;
  const std::string response =
      running.answer_to("GET /a HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(status_of(response), 200);
  EXPECT_TRUE(has(response, "Connection: close\r\n"));
}

TEST(Server, ClosesAfterHttp10UnlessAskedToStay) {
  Running running;
  const std::string response = running.answer_to("GET /a HTTP/1.0\r\n\r\n");
  EXPECT_EQ(status_of(response), 200);
  EXPECT_TRUE(has(response, "Connection: close\r\n"));

  Client client(running.server->port());
  for (int i = 0; i < 2; ++i) {
    client.send("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    EXPECT_TRUE(has(client.response(), "Connection: keep-alive\r\n"));
  }
}

TEST(Server, AnswersAClientThatHasEndedItsSide) {
  Running running;
  Client client(running.server->port());
  client.send(kGet);
  client.half_close();
  EXPECT_EQ(body_of(client.rest()), "GET /a ");
}

TEST(Server, SaysContinueOnlyToABodyItWants) {
  Running running;
  Client client(running.server->port());
  const std::string expects = " HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n";
  client.send("POST /a" + expects + "Content-Length: 2\r\n\r\n");
  EXPECT_EQ(client.response(), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("hi");
  EXPECT_EQ(body_of(client.response()), "POST /a hi");

  EXPECT_EQ(status_of(running.answer_to("POST /refuse" + expects + "Content-Length: 2\r\n\r\n")),
            403);
  EXPECT_EQ(status_of(running.answer_to("POST /a" + expects + "Content-Length: 2000\r\n\r\n")),
            413);
}

TEST(Server, ReplacesHostByTheAuthorityOfAnAbsoluteTarget) {
  Running running;
  Client client(running.server->port());
  client.send("GET HTTP://real:80/x?y HTTP/1.1\r\nHost: other\r\n\r\n");
  const std::string response = client.response();
  EXPECT_EQ(body_of(response), "GET /x?y ");
  EXPECT_TRUE(has(response, "X-Host: real:80\r\n"));

  client.send("GET http://real?q HTTP/1.1\r\nHost: other\r\n\r\n");
  EXPECT_EQ(body_of(client.response()), "GET /?q ");
  client.send("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(body_of(client.response()), "OPTIONS * ");
}

struct Malformed {
  const char* name;
  std::string bytes;
};

class ServerRefusal : public testing::TestWithParam<Malformed> {};

TEST_P(ServerRefusal, Is400AndTheEndOfTheConnection) {
  Running running;
  // A good request behind it must not be answered: where it begins is just what is in doubt.
  const std::string answer = running.answer_to(GetParam().bytes + std::string(kGet));
  EXPECT_EQ(status_of(answer), 400);
  EXPECT_EQ(body_of(answer), "error 400");
  EXPECT_TRUE(has(answer, "Connection: close\r\n") && has(answer, "X-Error: yes\r\n"));
}

INSTANTIATE_TEST_SUITE_P(
    EachMalformedRequest, ServerRefusal,
    testing::Values(
        Malformed{"garbage", "NONSENSE\r\n\r\n"},
        Malformed{"tls_greeting", std::string("\x16\x03\x01\x02\x00\x01", 6)},
        Malformed{"length_and_chunked",
                  "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n"
                  "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
        Malformed{"chunked_and_length",
                  "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked"
                  "\r\nContent-Length: 5\r\n\r\n0\r\n\r\n"},
        Malformed{"two_lengths",
                  "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n"
                  "Content-Length: 1\r\n\r\nx"},
        Malformed{"signed_length", "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: +1\r\n\r\nx"},
        Malformed{"coding_before_chunked",
                  "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: "
                  "gzip, chunked\r\n\r\n0\r\n\r\n"},
        Malformed{"unknown_coding",
                  "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: xchunked"
                  "\r\n\r\n0\r\n\r\n"},
        Malformed{"chunked_in_http_1_0",
                  "POST /a HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"
                  "0\r\n\r\n"},
        Malformed{"bad_chunk_size",
                  "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked"
                  "\r\n\r\nzz\r\nabc\r\n"},
        Malformed{"endless_chunk_line",
                  "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked"
                  "\r\n\r\n1;" +
                      std::string(40'000, 'e')},
        Malformed{"no_host", "GET /a HTTP/1.1\r\n\r\n"},
        Malformed{"two_hosts", "GET /a HTTP/1.1\r\nHost: h\r\nHost: h\r\n\r\n"},
        Malformed{"host_list", "GET /a HTTP/1.1\r\nHost: h, i\r\n\r\n"},
        Malformed{"host_with_user", "GET /a HTTP/1.1\r\nHost: u@h\r\n\r\n"},
        Malformed{"folded_header", "GET /a HTTP/1.1\r\nHost: h\r\nX: 1\r\n 2\r\n\r\n"},
        Malformed{"space_before_colon", "GET /a HTTP/1.1\r\nHost : h\r\n\r\n"},
        Malformed{"bare_line_feed", "GET /a HTTP/1.1\nHost: h\n\n"},
        Malformed{"bare_carriage_return", "GET /a HTTP/1.1\r\nHost: h\r\nX: 1\r2\r\n\r\n"},
        Malformed{"nul_in_header", std::string("GET /a HTTP/1.1\r\nHost: h\r\nX: \0\r\n\r\n", 34)},
        Malformed{"userinfo", "GET http://user:word@h/a HTTP/1.1\r\nHost: h\r\n\r\n"},
        Malformed{"other_scheme", "GET ftp://h/a HTTP/1.1\r\nHost: h\r\n\r\n"},
        Malformed{"connect", "CONNECT h:443 HTTP/1.1\r\nHost: h\r\n\r\n"},
        Malformed{"star_for_get", "GET * HTTP/1.1\r\nHost: h\r\n\r\n"},
        Malformed{"fragment", "GET /a#b HTTP/1.1\r\nHost: h\r\n\r\n"},
        Malformed{"control_in_target", "GET /a\x01 HTTP/1.1\r\nHost: h\r\n\r\n"},
        Malformed{"tab_in_target", "GET /a\tb HTTP/1.1\r\nHost: h\r\n\r\n"},
        Malformed{"high_byte_in_target", "GET /\xc3\xa9 HTTP/1.1\r\nHost: h\r\n\r\n"},
        Malformed{"lower_case_method", "get /a HTTP/1.1\r\nHost: h\r\n\r\n"},
        Malformed{"http_2", "GET /a HTTP/2.0\r\nHost: h\r\n\r\n"}),
    [](const testing::TestParamInfo<Malformed>& each) { return std::string(each.param.name); });

TEST(Server, TakesAHeadAtTheLimitAndAnswers431OnePast) {
  Running running;
  const std::size_t limit = Server::Options().head_bytes_max;
  Client client(running.server->port());
  client.send(get_of_size(limit));
  EXPECT_EQ(status_of(client.response()), 200);
  EXPECT_EQ(status_of(running.answer_to(get_of_size(limit + 1))), 431);
  EXPECT_EQ(status_of(running.answer_to(get_of_size(10 * limit))), 431);
}

TEST(Server, TakesABodyAtTheLimitAndAnswers413OnePast) {
  Running running;
  Client client(running.server->port());
  client.send(post("/a", std::string(Echo::kBodyBytesMax, 'x')));
  EXPECT_EQ(status_of(client.response()), 200);
  // The length alone is enough, the body need not come; if it does, the answer still arrives.
  EXPECT_EQ(
      status_of(running.answer_to("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 1001\r\n\r\n")),
      413);
  EXPECT_EQ(status_of(running.answer_to(post("/a", std::string(2'000'000, 'x')))), 413);
}

TEST(Server, LimitsAChunkedBodyByWhatItAddsUpTo) {
  Running running;
  const std::string head = "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
  const std::string half = "1f4\r\n" + std::string(500, 'x') + "\r\n";
  Client client(running.server->port());
  client.send(head + half + half + "0\r\n\r\n");
  EXPECT_EQ(status_of(client.response()), 200);
  EXPECT_EQ(status_of(running.answer_to(head + half + half + "1\r\nx\r\n0\r\n\r\n")), 413);
  EXPECT_EQ(status_of(running.answer_to(head + "ffffffffffffffff\r\n")), 413);
}

TEST(Server, ClosesAfterARefusalOnlyIfABodyIsStillToCome) {
  Running running;
  Client client(running.server->port());
  client.send("GET /refuse HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(body_of(client.response()), "refused");
  client.send(kGet);
  EXPECT_EQ(status_of(client.response()), 200);

  client.send(post("/refuse", "body") + std::string(kGet));
  const std::string rest = client.rest();
  EXPECT_EQ(body_of(rest), "refused");
  EXPECT_TRUE(has(rest, "Connection: close\r\n"));
}

TEST(Server, LeavesOutAHeaderThatWouldSplitTheResponse) {
  Running running;
  Client client(running.server->port());
  client.send("GET /trap HTTP/1.1\r\nHost: h\r\n\r\n");
  const std::string response = client.response();
  EXPECT_EQ(status_of(response), 200);
  EXPECT_FALSE(has(response, "Set-Cookie"));
}

TEST(Server, SendsAResponseLargerThanTheSocketTakesAtOnce) {
  Running running;
  Client client(running.server->port());
  client.send("GET /large HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(body_of(client.response()), std::string(8 << 20, 'x'));
  client.send(kGet);
  EXPECT_EQ(status_of(client.response()), 200);
}

TEST(Server, TakesALargeBody) {
  Running running;
  Client client(running.server->port());
  const std::string body(5'000'001, 'y');
  client.send(post("/generous", body));
  EXPECT_EQ(body_of(client.response()), "POST /generous " + body);
}

TEST(Server, Answers408ToAHeadThatDripsAndToABodyThatDoes) {
  Running running({.head_timeout = 60ms, .body_timeout = 60ms});
  for (const std::string_view beginning :
       {"GET /a HTTP/1.1\r\nX: ", "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 900\r\n\r\n"}) {
    Client client(running.server->port());
    client.send(beginning);
    // Each byte is in time; the whole is not.
    const auto begun = SteadyClock::now();
    while (!client.hears_within(10ms) && SteadyClock::now() - begun < 2s) client.send("x");
    EXPECT_EQ(status_of(client.rest()), 408);
    EXPECT_GE(SteadyClock::now() - begun, 50ms);
  }
}

TEST(Server, AllowsABodyMoreTimeTheLargerItMayBe) {
  Running running({.body_timeout = 20ms, .per_mebibyte = 1s});
  Client client(running.server->port());
  client.send("POST /generous HTTP/1.1\r\nHost: h\r\nContent-Length: 1048576\r\n\r\n");
  EXPECT_FALSE(client.hears_within(150ms));
  client.send(std::string(1 << 20, 'x'));
  EXPECT_EQ(status_of(client.response()), 200);
}

TEST(Server, ClosesAnIdleConnectionSilently) {
  Running running({.idle_timeout = 40ms});
  Client fresh(running.server->port());
  EXPECT_EQ(fresh.rest(), "");
  Client used(running.server->port());
  used.send(kGet);
  EXPECT_EQ(status_of(used.response()), 200);
  EXPECT_EQ(used.rest(), "");
}

TEST(Server, GivesUpOnAReaderThatDoesNotRead) {
  Running running({.write_timeout = 40ms, .per_mebibyte = 0ms});
  Client client(running.server->port());
  client.send("GET /large HTTP/1.1\r\nHost: h\r\n\r\n");
  std::this_thread::sleep_for(150ms);
  EXPECT_LT(client.rest().size(), std::size_t{8} << 20);
}

TEST(Server, AWaitingHandlerIsNotATimeout) {
  Running running({.head_timeout = 20ms, .body_timeout = 20ms, .idle_timeout = 20ms});
  Client client(running.server->port());
  client.send(kGetLater);
  running.handler.await_kept(1);
  EXPECT_FALSE(client.hears_within(100ms));
  running.handler.answer_kept("at last");
  EXPECT_EQ(body_of(client.response()), "at last");
}

TEST(Server, HalfARequestCostsItsOwnConnectionOnly) {
  Running running({.threads = 1, .drain = 20ms});
  Client half_head(running.server->port());
  half_head.send("GET /a HTTP/1.1\r\nHo");
  Client half_body(running.server->port());
  half_body.send("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nab");
  Client waiting(running.server->port());
  waiting.send(kGetLater);

  Client client(running.server->port());
  for (int i = 0; i < 10; ++i) {
    client.send(kGet);
    ASSERT_EQ(status_of(client.response()), 200);
  }
  half_body.send("cde");
  EXPECT_EQ(body_of(half_body.response()), "POST /a abcde");
}

TEST(Server, DropsTheAnswerToAClientThatHasLeft) {
  Running running({.threads = 1});
  {
    Client client(running.server->port());
    client.send(kGetLater);
    running.handler.await_kept(1);
  }
  running.handler.answer_kept("to nobody");
  Client next(running.server->port());
  next.send(kGet);
  EXPECT_EQ(body_of(next.response()), "GET /a ");
}

TEST(Server, DeliversManyAnswersToTheirOwnRequests) {
  Running running({.drain = 20ms});
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 200; ++i) {
    clients.push_back(std::make_unique<Client>(running.server->port()));
    clients.back()->send(kGetLater);
  }
  for (int round = 0; round < 5; ++round) {
    running.handler.await_kept(200);
    running.handler.answer_kept(std::to_string(round));
    for (auto& client : clients) {
      ASSERT_EQ(body_of(client->response()), std::to_string(round));
      client->send(kGetLater);
    }
  }
}

TEST(Server, Serves64ClientsAtOnce) {
  Running running;
  std::atomic<int> right = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 64; ++i) {
    threads.emplace_back([&running, &right, i] {
      Client client(running.server->port());
      for (int j = 0; j < 20; ++j) {
        const std::string body = std::to_string(i * 1000 + j);
        client.send(post(j % 5 == 0 ? "/thread" : "/a", body));
        right += body_of(client.response()) == (j % 5 == 0 ? "from afar" : "POST /a " + body);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(right, 64 * 20);
}

TEST(Server, Answers503BeyondItsConnections) {
  Running running({.connections_max = 2});
  Client first(running.server->port());
  Client second(running.server->port());
  for (Client* client : {&first, &second}) {
    client->send(kGet);
    ASSERT_EQ(status_of(client->response()), 200);
  }
  EXPECT_EQ(status_of(running.answer_to(kGet)), 503);

  first.leave();
  const auto begun = SteadyClock::now();
  int status = 503;
  while (status == 503 && SteadyClock::now() - begun < 2s) {
    Client third(running.server->port());
    third.send(kGet);
    status = status_of(third.response());
  }
  EXPECT_EQ(status, 200);
}

TEST(Server, RecoversFromRunningOutOfDescriptors) {
  Running running({.threads = 1});
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  Client warm(running.server->port());
  warm.send(kGet);
  ASSERT_EQ(status_of(warm.response()), 200);

  // The client's own socket is the last descriptor there is, so accept() has none left.
  const int lowest = ::dup(0);
  ::close(lowest);
  rlimit tight = before;
  tight.rlim_cur = static_cast<rlim_t>(lowest) + 1;
  ::setrlimit(RLIMIT_NOFILE, &tight);
  Client starved(running.server->port());
  starved.send(kGet);
  EXPECT_TRUE(starved.is_connected());
  EXPECT_FALSE(starved.hears_within(50ms));
  warm.send(kGet);
  EXPECT_EQ(status_of(warm.response()), 200);
  ::setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_EQ(status_of(starved.response()), 200);
}

TEST(Server, StopAnswersWhatIsUnderWayAndClosesWhatIsIdle) {
  Running running({.drain = 5s});
  Client idle(running.server->port());
  idle.send(kGet);
  ASSERT_EQ(status_of(idle.response()), 200);
  Client waiting(running.server->port());
  waiting.send(kGetLater);
  Client half(running.server->port());
  half.send("POST /a HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_EQ(status_of(half.response()), 100);
  running.handler.await_kept(1);

  running.server->stop();
  EXPECT_EQ(idle.rest(), "");
  // Each loop closes its own listening socket, and stop() waits for none of them.
  const auto stopped = SteadyClock::now();
  while (Client(running.server->port()).is_connected()) {
    ASSERT_LT(SteadyClock::now() - stopped, 2s) << "New connections are still taken.";
  }

  half.send("hi");
  running.handler.answer_kept("in time");
  for (Client* client : {&waiting, &half}) {
    const std::string response = client->rest();
    EXPECT_EQ(status_of(response), 200);
    EXPECT_TRUE(has(response, "Connection: close\r\n"));
    client->leave();
  }
  const auto begun = SteadyClock::now();
  running.stop();
  EXPECT_LT(SteadyClock::now() - begun, 2s);
}

TEST(Server, StopCutsOffWhatTakesLongerThanTheDrain) {
  Running running({.drain = 50ms});
  Client waiting(running.server->port());
  waiting.send(kGetLater);
  running.handler.await_kept(1);
  running.stop();
  EXPECT_EQ(waiting.rest(), "");
  running.handler.answer_kept("too late");  // And the answer harms nobody.
}

TEST(Server, AnAnswerMayOutliveTheServer) {
  auto running = std::make_unique<Running>(Server::Options{.drain = 20ms});
  Client client(running->server->port());
  client.send(kGetLater);
  running->handler.await_kept(1);
  running->stop();
  running->server.reset();
  running->handler.answer_kept("to the past");
  client.leave();
}

TEST(Server, StopsWhileAnswersArrive) {
  for (int round = 0; round < 10; ++round) {
    Running running({.drain = 20ms});
    std::vector<std::unique_ptr<Client>> clients;
    for (int i = 0; i < 20; ++i) {
      clients.push_back(std::make_unique<Client>(running.server->port()));
      clients.back()->send(kGetLater);
    }
    running.handler.await_kept(20);
    std::thread answering([&running] { running.handler.answer_kept("now"); });
    running.server->stop();
    clients.clear();
    running.stop();
    answering.join();
  }
}

TEST(Server, StoppedBeforeItRunsItReturnsAtOnce) {
  Echo handler;
  auto server = Server::listen({.threads = 2}, handler);
  ASSERT_TRUE(server.has_value());
  (*server)->stop();
  (*server)->run();
}

TEST(Server, SaysWhyItCannotListen) {
  Running running;
  Echo handler;
  const auto taken = Server::listen({.port = running.server->port()}, handler);
  ASSERT_FALSE(taken.has_value());
  EXPECT_EQ(taken.error().code, Code::unavailable);
  EXPECT_EQ(taken.error().detail, "Cannot listen on 127.0.0.1 port " +
                                      std::to_string(running.server->port()) +
                                      ": Address already in use.");
  const auto nameless = Server::listen({.host = "nowhere.example"}, handler);
  ASSERT_FALSE(nameless.has_value());
  EXPECT_EQ(nameless.error().code, Code::validation_error);
}

TEST(Server, ListensOnEveryFormOfAddress) {
  Echo handler;
  for (const char* host : {"127.0.0.1", "localhost", "0.0.0.0", "::", "[::1]", "::1"}) {
    const auto server = Server::listen({.host = host, .threads = 2}, handler);
    ASSERT_TRUE(server.has_value()) << host << ": " << server.error().detail;
    EXPECT_NE((*server)->port(), 0);
  }
}

}  // namespace
}  // namespace assent::net
