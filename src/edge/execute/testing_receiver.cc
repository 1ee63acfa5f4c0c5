#include "edge/execute/testing_receiver.h"

#include "base/result.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace assent::execute {

std::string Received::header(const std::string& name) const {
  const std::size_t at = head.find("\r\n" + name + ": ");
  if (at == std::string::npos) return {};
  const std::size_t begin = at + name.size() + 4;
  return head.substr(begin, head.find("\r\n", begin) - begin);
}

std::string http_answer(int status, const std::string& body) {
  return "HTTP/1.1 " + std::to_string(status) +
         " X\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

Receiver::Receiver(Answer answer) : answer_(std::move(answer)) {
  listener_ = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof address;
  CHECK(bind(listener_, any, size) == 0 && listen(listener_, 16) == 0);
  CHECK(getsockname(listener_, any, &size) == 0);
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { run(); });
}

Receiver::~Receiver() {
  is_stopping_ = true;
  thread_.join();
  close(listener_);
}

std::string Receiver::url() const {
  return "http://127.0.0.1:" + std::to_string(port_) + "/execute";
}

std::vector<Received> Receiver::received() const {
  const std::lock_guard lock(mutex_);
  return received_;
}

void Receiver::run() {
  while (!is_stopping_) {
    pollfd waiting{.fd = listener_, .events = POLLIN, .revents = 0};
    if (poll(&waiting, 1, 20) != 1) continue;
    const int connection = accept(listener_, nullptr, nullptr);
    serve(connection);
    close(connection);
  }
}

void Receiver::serve(int connection) {
  std::string bytes;
  Received got;
  for (std::size_t length = std::string::npos; got.body.size() != length;) {
    char buffer[4096];
    const ssize_t more = recv(connection, buffer, sizeof buffer, 0);
    if (more <= 0) return;
    bytes.append(buffer, static_cast<std::size_t>(more));
    const std::size_t end = bytes.find("\r\n\r\n");
    if (end == std::string::npos) continue;
    got.head = bytes.substr(0, end + 2);
    got.body = bytes.substr(end + 4);
    length = std::stoul(got.header("Content-Length"));
  }
  {
    const std::lock_guard lock(mutex_);
    received_.push_back(got);
  }
  const std::string answer = answer_(got);
  for (std::size_t sent = 0; sent < answer.size();) {
    const ssize_t more = send(connection, answer.data() + sent, answer.size() - sent, MSG_NOSIGNAL);
    if (more <= 0) return;
    sent += static_cast<std::size_t>(more);
  }
}

}  // namespace assent::execute
