// Records one event with the installed library: `recorder URL KEY TENANT SPOOL`.
#include <assent/emitter.h>
#include <cstdio>

using namespace assent::emitter;

int main(int argc, char** argv) {
  if (argc != 5) return 2;
  auto opened =
      Emitter::open({.url = argv[1],
                     .keys = {{argv[3], argv[2]}},
                     .spool = SpoolOptions{
                         .directory = argv[4], .producer = "stranger", .sync = Sync::interval}});
  if (!opened) return std::printf("%s\n", opened.error().message.c_str()), 1;
  Emitter emitter = std::move(*opened);

  const auto audit = emitter.audit()
                         .for_client(argv[3])
                         .action("content.publish")
                         .actor(ActorType::agent, "agent-7")
                         .target("post", "post-42")
                         .succeeded();
  const auto spooled = audit.buffer();
  const auto receipt = audit.with_api_proof(Value::object({{"status", 201}})).emit();
  if (!spooled || !receipt) {
    const Error& error = spooled ? receipt.error() : spooled.error();
    return std::printf("%s\n", error.message.c_str()), 1;
  }
  std::printf("%s is entry %llu\n", receipt->id.c_str(),
              static_cast<unsigned long long>(receipt->sequence));
}
