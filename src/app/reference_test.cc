#include "app/reference.h"

#include "app/operation.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

namespace assent::app {
namespace {

TEST(Reference, ThePageInDocsIsWhatTheTableSays) {
  std::ifstream file(ASSENT_SOURCE_DIR "/docs/reference/operations.md");
  const std::string page(std::istreambuf_iterator<char>(file), {});
  EXPECT_EQ(page, reference_text()) << "run: assent reference > docs/reference/operations.md";
}

TEST(Reference, WhoMayWhatIsToldAsTheTableOfPermissionsHasIt) {
  const auto principal = [](Role role) {
    Principal one;
    one.roles = {role};
    return one;
  };
  EXPECT_TRUE(is_allowed(Permission::read, principal(Role::auditor)));
  EXPECT_FALSE(is_allowed(Permission::read, principal(Role::operator_)));
  EXPECT_FALSE(is_allowed(Permission::request, principal(Role::auditor)));
  EXPECT_FALSE(is_allowed(Permission::emit, principal(Role::approver)));
  EXPECT_FALSE(is_allowed(Permission::administer, principal(Role::policy_admin)));
  EXPECT_TRUE(is_allowed(Permission::put_policy, principal(Role::policy_admin)));
  EXPECT_FALSE(is_allowed(Permission::operate, principal(Role::admin)));
}

TEST(Reference, EveryOperationHasANameARouteACommandAndASentence) {
  for (const Operation& operation : operations()) {
    EXPECT_FALSE(operation.about.name.empty());
    EXPECT_NE(operation.about.route.find(" /v1/"), std::string_view::npos) << operation.about.name;
    EXPECT_FALSE(operation.about.command.empty()) << operation.about.name;
    EXPECT_TRUE(operation.about.help.ends_with('.')) << operation.about.name;
  }
}

}  // namespace
}  // namespace assent::app
