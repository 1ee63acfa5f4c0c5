#include "store/blobs.h"

#include "base/text.h"
#include "store/search/testing_search.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sys/stat.h>
#include <thread>

namespace assent::store {
namespace {

constexpr TenantNumber kAcme{1};
constexpr TenantNumber kOther{2};

class BlobsTest : public testing::Test {
 protected:
  std::string path_of(TenantNumber tenant, const Hash& hash) const {
    const std::string hex = to_hex(as_bytes(hash));
    return root_ + "/" + std::to_string(static_cast<int>(tenant)) + "/" + hex.substr(0, 2) + "/" +
           hex.substr(2);
  }
  Code code_of_get(TenantNumber tenant, const Hash& hash) const {
    const auto bytes = blobs_->get(tenant, hash);
    EXPECT_FALSE(bytes);
    return bytes ? Code::internal : bytes.error().code;
  }
  static unsigned mode_of(const std::string& path) {
    struct stat status = {};
    EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
    return status.st_mode & 07777;
  }

  TemporaryDirectory directory_;
  std::string root_ = directory_ / "blobs";
  std::unique_ptr<Blobs> blobs_ = Blobs::open(root_).value();
};

TEST_F(BlobsTest, WhatWasPutIsThere) {
  for (const std::size_t size : {0u, 1u, 70'000u, 3'000'000u}) {
    const std::string bytes(size, 'x');
    const auto hash = blobs_->put(kAcme, bytes);
    ASSERT_TRUE(hash);
    EXPECT_EQ(*hash, sha256(bytes));
    EXPECT_EQ(blobs_->get(kAcme, *hash).value(), bytes);
    EXPECT_EQ(blobs_->size(kAcme, *hash), static_cast<std::int64_t>(size));
    EXPECT_EQ(Blobs(root_).get(kAcme, *hash).value(), bytes);
  }
}

TEST_F(BlobsTest, OnlyTheOwnerReadsThem) {
  const Hash hash = blobs_->put(kAcme, "secret").value();
  const std::string path = path_of(kAcme, hash);
  EXPECT_EQ(mode_of(path), 0600u);
  EXPECT_EQ(mode_of(std::filesystem::path(path).parent_path()), 0700u);
  EXPECT_EQ(mode_of(root_), 0700u);
}

TEST_F(BlobsTest, PuttingTheSameAgainChangesNothing) {
  const Hash hash = blobs_->put(kAcme, "same").value();
  struct stat before = {};
  struct stat after = {};
  ASSERT_EQ(::stat(path_of(kAcme, hash).c_str(), &before), 0);
  EXPECT_EQ(blobs_->put(kAcme, "same").value(), hash);
  ASSERT_EQ(::stat(path_of(kAcme, hash).c_str(), &after), 0);
  EXPECT_EQ(before.st_ino, after.st_ino);
}

TEST_F(BlobsTest, WhatIsAbsentOrAnotherTenantsIsNotFound) {
  const Hash hash = blobs_->put(kAcme, "mine").value();
  EXPECT_EQ(code_of_get(kAcme, sha256("never put")), Code::not_found);
  EXPECT_EQ(code_of_get(kOther, hash), Code::not_found);
  EXPECT_EQ(blobs_->size(kAcme, sha256("never put")), std::nullopt);
  EXPECT_EQ(blobs_->size(kOther, hash), std::nullopt);
}

TEST_F(BlobsTest, DamageIsNoticedAndHealedByPuttingAgain) {
  const std::string bytes(1000, 'x');
  const std::string shorter(999, 'x');
  for (const std::string& damaged : {shorter + "y", shorter, std::string()}) {
    const Hash hash = blobs_->put(kAcme, bytes).value();
    std::ofstream(path_of(kAcme, hash), std::ios::trunc) << damaged;
    EXPECT_EQ(code_of_get(kAcme, hash), Code::corrupt);
    EXPECT_EQ(blobs_->put(kAcme, bytes).value(), hash);
    EXPECT_EQ(blobs_->get(kAcme, hash).value(), bytes);
  }
}

TEST_F(BlobsTest, WhatACrashLeftIsRemovedAndNothingElse) {
  const Hash hash = blobs_->put(kAcme, "kept").value();
  const std::string stray = root_ + "/incoming/half-written";
  std::ofstream(stray) << "hal";
  const auto reopened = Blobs::open(root_);
  ASSERT_TRUE(reopened);
  EXPECT_FALSE(std::filesystem::exists(stray));
  EXPECT_EQ((*reopened)->get(kAcme, hash).value(), "kept");
}

TEST_F(BlobsTest, PutLeavesNoTemporary) {
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(blobs_->put(kAcme, std::to_string(i)));
  EXPECT_TRUE(std::filesystem::is_empty(root_ + "/incoming"));
}

TEST_F(BlobsTest, WhatCannotBeWrittenIsUnavailable) {
  std::ofstream(directory_ / "file") << "no directory";
  EXPECT_FALSE(Blobs::open(directory_ / "file"));
  const auto hash = Blobs(directory_ / "file").put(kAcme, "x");
  ASSERT_FALSE(hash);
  EXPECT_EQ(hash.error().code, Code::unavailable);
}

TEST_F(BlobsTest, ManyMayPutTheSameAtOnce) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 30; ++n) {
        const auto hash = blobs_->put(kAcme, std::to_string(n));
        ASSERT_TRUE(hash);
        EXPECT_TRUE(blobs_->get(kAcme, *hash));
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_TRUE(std::filesystem::is_empty(root_ + "/incoming"));
}

}  // namespace
}  // namespace assent::store
