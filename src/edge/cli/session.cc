#include "edge/cli/session.h"

#include <cstdlib>

namespace assent::cli {

Target target_from_environment(const std::string& url_flag) {
  const char* const url = std::getenv("ASSENT_URL");
  const char* const key = std::getenv("ASSENT_KEY");
  Target target;
  target.url = !url_flag.empty() ? url_flag : url != nullptr ? url : "http://127.0.0.1:8700";
  target.key = Secret(key == nullptr ? "" : key);
  return target;
}

std::optional<std::string> traceparent_from_environment() {
  const char* const trace = std::getenv("TRACEPARENT");
  // Nothing that could begin another header.
  const std::string_view text(trace == nullptr ? "" : trace);
  const bool is_plain = text.find_first_not_of("0123456789abcdef-") == std::string_view::npos;
  return is_plain && !text.empty() ? std::optional(std::string(text)) : std::nullopt;
}

const Json& Reply::data() const {
  static const Json kNothing;
  const Json* data = body.find("data");
  return data == nullptr ? kNothing : *data;
}

Result<Reply> call(Client& client, HttpRequest request) {
  Reply reply{.http = TRY(client.send(std::move(request))), .body = Json()};
  auto body = parse_json(reply.http.body);
  if (body) reply.body = std::move(*body);
  return reply;
}

Exit fail(const Session& session, const Reply& reply) {
  print_problem(session.output, reply.body);
  return exit_of(reply.http, reply.body);
}

Exit fail(const Error& error) {
  print_error(error);
  return error.code == Code::unavailable        ? Exit::unavailable
         : error.code == Code::validation_error ? Exit::usage
                                                : Exit::error;
}

}  // namespace assent::cli
