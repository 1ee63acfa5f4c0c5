#include "app/get_principal.h"

#include "store/state/principals.h"

namespace assent::app {

PrincipalView view_of(const Principal& principal) {
  return {.id = principal.id,
          .type = principal.type,
          .name = principal.name,
          .roles = principal.roles,
          .owner = principal.owner,
          .email = principal.email,
          .created_at = principal.created_at};
}

Result<PrincipalView> get_principal(const store::Read& read, const GetPrincipal& in) {
  return view_of(TRY(store::principal(read, in.principal)));
}

void describe(Fields& fields, PrincipalView& view) {
  fields.field("id", view.id, "the principal");
  fields.field("type", view.type, "human, agent or service");
  fields.field("name", view.name, "what people call it");
  fields.field("roles", view.roles, "what it may do");
  fields.field("ownerId", view.owner, "the human who answers for it");
  fields.field("email", view.email, "where notices go");
  fields.field("createdAt", view.created_at, "the commit's time");
}

void describe(Fields& fields, GetPrincipal& in) {
  fields.path("id", in.principal, "the principal");
}

}  // namespace assent::app
