#include "domain/principal.h"

#include <gtest/gtest.h>

namespace assent {
namespace {

TEST(Principal, HasTheRolesItWasGivenAndNoOthers) {
  Principal ann;
  ann.roles = {Role::requester, Role::admin};
  EXPECT_TRUE(ann.has(Role::requester));
  EXPECT_TRUE(ann.has(Role::admin));
  EXPECT_FALSE(ann.has(Role::approver));  // Also not for being admin.
  EXPECT_FALSE(Principal{}.has(Role::agent));
}

TEST(TenantName, IsALowerCaseLabel) {
  for (const char* const name : {"a", "default", "acme-2", "0x", "a-"}) {
    EXPECT_TRUE(is_tenant_name(name)) << name;
  }
  EXPECT_TRUE(is_tenant_name(std::string(63, 'a')));
}

TEST(TenantName, CannotLeaveItsPlaceInAPathOrAnAddress) {
  for (const char* const name : {"", "-a", "A", "a.b", "a/b", "..", "a b", "a_b", "é", "a\n"}) {
    EXPECT_FALSE(is_tenant_name(name)) << name;
  }
  EXPECT_FALSE(is_tenant_name(std::string(64, 'a')));
}

}  // namespace
}  // namespace assent
