#include "edge/net/testing_server.h"

namespace assent::net {
namespace {

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

TEST(Server, AWaitingHandlerIsNotATimeout) {
  Running running({.head_timeout = 20ms, .body_timeout = 20ms, .idle_timeout = 20ms});
  std::unique_ptr<Client> client;
  EXPECT_TRUE(eventually([&] {
    if (!client || client->hears_within(0ms)) {  // It was late with its own request.
      client = std::make_unique<Client>(running.server->port());
      client->send(kGetLater);
    }
    return running.handler.kept() == 1;
  }));
  EXPECT_FALSE(client->hears_within(100ms));
  running.handler.answer_kept("at last");
  EXPECT_EQ(body_of(client->response()), "at last");
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
  EXPECT_TRUE(eventually([&running] {
    Client third(running.server->port());
    third.send(kGet);
    return status_of(third.response()) == 200;
  }));
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
  Running running({.drain = 24h});
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
  EXPECT_TRUE(eventually([&running] { return !Client(running.server->port()).is_connected(); }))
      << "New connections are still taken.";

  half.send("hi");
  running.handler.answer_kept("in time");
  for (Client* client : {&waiting, &half}) {
    const std::string response = client->rest();
    EXPECT_EQ(status_of(response), 200);
    EXPECT_TRUE(has(response, "Connection: close\r\n"));
    client->leave();
  }
  running.stop();  // Long before the drain ends.
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

// A container has often none.
bool has_ipv6() {
  const int probe = ::socket(AF_INET6, SOCK_STREAM, 0);
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_addr = in6addr_loopback;
  const auto* any = static_cast<const sockaddr*>(static_cast<const void*>(&address));
  const bool is_bound = probe >= 0 && ::bind(probe, any, sizeof address) == 0;
  if (probe >= 0) ::close(probe);
  return is_bound;
}

TEST(Server, ListensOnEveryFormOfAddress) {
  Echo handler;
  std::vector<const char*> hosts = {"127.0.0.1", "localhost", "0.0.0.0"};
  if (has_ipv6()) hosts.insert(hosts.end(), {"::", "[::1]", "::1"});
  for (const char* const host : hosts) {
    const auto server = Server::listen({.host = host, .threads = 2}, handler);
    ASSERT_TRUE(server.has_value()) << host << ": " << server.error().detail;
    EXPECT_NE((*server)->port(), 0);
  }
}

}  // namespace
}  // namespace assent::net
