#include "edge/http/wait.h"

#include "base/testing_wait.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>

namespace assent::http {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

constexpr TenantNumber kTenant{1};
constexpr TenantNumber kForeign{2};
const ApprovalId kApproval(UuidBytes{1});
const ApprovalId kOther(UuidBytes{2});

// A waiter that can be asked whether it was woken.
struct Sleeper {
  std::promise<void> promise;
  std::future<void> woken = promise.get_future();
  Waiters::Wake wake() {
    return [this] { promise.set_value(); };
  }
  bool is_woken_within(milliseconds time) {
    return woken.wait_for(time) == std::future_status::ready;
  }
};

TEST(Waiters, AChangeWakesThoseWhoWaitForItAndNobodyElse) {
  Sleeper one;
  Sleeper two;
  Sleeper other;
  Sleeper foreign;
  Waiters waiters;
  waiters.wait(kTenant, kApproval, hours(24), one.wake());
  waiters.wait(kTenant, kApproval, hours(24), two.wake());
  waiters.wait(kTenant, kOther, hours(24), other.wake());
  waiters.wait(kForeign, kApproval, hours(24), foreign.wake());
  waiters.changed(kTenant, kApproval);
  EXPECT_TRUE(one.is_woken_within(kPatience));
  EXPECT_TRUE(two.is_woken_within(kPatience));
  EXPECT_FALSE(other.is_woken_within(milliseconds(20)));
  EXPECT_FALSE(foreign.is_woken_within(milliseconds(0)));
  waiters.close();
}

TEST(Waiters, PatienceEndsInItsOwnOrder) {
  Sleeper late;
  Sleeper soon;
  Waiters waiters;
  waiters.wait(kTenant, kApproval, hours(24), late.wake());
  waiters.wait(kTenant, kOther, milliseconds(20), soon.wake());
  EXPECT_TRUE(soon.is_woken_within(kPatience));
  EXPECT_FALSE(late.is_woken_within(milliseconds(0)));
  waiters.close();
}

TEST(Waiters, ATicketGivenBackIsNeverWoken) {
  std::atomic<int> wakes = 0;
  Waiters waiters;
  const auto ticket = waiters.wait(kTenant, kApproval, hours(24), [&wakes] { ++wakes; });
  ASSERT_NE(ticket, 0u);
  EXPECT_TRUE(waiters.give_back(ticket));
  EXPECT_FALSE(waiters.give_back(ticket));
  waiters.changed(kTenant, kApproval);
  waiters.close();
  EXPECT_EQ(wakes, 0);
}

TEST(Waiters, ClosingWakesEverybodyOnceAndNobodyWaitsAfterIt) {
  std::atomic<int> wakes = 0;
  Waiters waiters;
  for (int i = 0; i < 100; ++i) {
    waiters.wait(kTenant, kApproval, hours(24), [&wakes] { ++wakes; });
  }
  waiters.close();
  waiters.close();
  EXPECT_EQ(wakes, 100);
  EXPECT_EQ(waiters.wait(kTenant, kApproval, hours(24), [&wakes] { ++wakes; }), 0u);
  waiters.changed(kTenant, kApproval);
  EXPECT_EQ(wakes, 100);
}

TEST(Waiters, H70_ThereIsAMostAndARoomThatBecomesFree) {
  Waiters waiters;
  Waiters::Ticket last = 0;
  for (std::size_t i = 0; i < Waiters::kWaitersMax; ++i) {
    last = waiters.wait(kTenant, kApproval, hours(24), [] {});
    ASSERT_NE(last, 0u);
  }
  EXPECT_EQ(waiters.wait(kTenant, kOther, hours(24), [] {}), 0u);
  EXPECT_TRUE(waiters.give_back(last));
  EXPECT_NE(waiters.wait(kTenant, kOther, hours(24), [] {}), 0u);
}

// The wakes run without the lock, so one of them may wait again, as a client does.
TEST(Waiters, AWakeMayWaitAgain) {
  Sleeper again;
  Waiters waiters;
  waiters.wait(kTenant, kApproval, hours(24),
               [&] { waiters.wait(kTenant, kApproval, milliseconds(1), again.wake()); });
  waiters.changed(kTenant, kApproval);
  EXPECT_TRUE(again.is_woken_within(kPatience));
  waiters.close();
}

TEST(Waiters, EachIsWokenExactlyOnceHoweverTheyRace) {
  std::atomic<int> settled = 0;
  Waiters waiters;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 500; ++i) {
        const auto ticket =
            waiters.wait(kTenant, kApproval, milliseconds(i % 3), [&settled] { ++settled; });
        if (i % 2 == 0) waiters.changed(kTenant, kApproval);
        if (waiters.give_back(ticket)) ++settled;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  waiters.close();
  EXPECT_EQ(settled, 2000);
}

}  // namespace
}  // namespace assent::http
