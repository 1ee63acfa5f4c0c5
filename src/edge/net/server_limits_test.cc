#include "edge/net/testing_server.h"

namespace assent::net {
namespace {

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
    const auto begun = SteadyClock::now();
    Client client(running.server->port());
    client.send(beginning);
    // Each byte is in time; the whole is not.
    EXPECT_TRUE(eventually([&] { return client.hears_within(10ms) || !client.send("x"); }));
    EXPECT_EQ(status_of(client.rest()), 408);
    EXPECT_GE(SteadyClock::now() - begun, 50ms);
  }
}

TEST(Server, AllowsABodyMoreTimeTheLargerItMayBe) {
  Running running({.body_timeout = 20ms, .per_mebibyte = 10min});
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
  // It may have been idle too long before it had said a word.
  EXPECT_TRUE(eventually([&running] {
    Client used(running.server->port());
    used.send(kGet);
    return status_of(used.response()) == 200 && used.rest().empty();
  }));
}

TEST(Server, GivesUpOnAReaderThatDoesNotRead) {
  Running running({.write_timeout = 40ms, .per_mebibyte = 0ms});
  Client client(running.server->port());
  client.send("GET /large HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_TRUE(client.hears_within(kPatience));
  EXPECT_TRUE(eventually([&running] { return running.server->connections() == 0; }));
  EXPECT_LT(client.rest().size(), std::size_t{8} << 20);
}

}  // namespace
}  // namespace assent::net
