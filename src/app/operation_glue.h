// From a plain function to a row of the operation table. Included by operation.h only.
#pragma once

namespace assent::app {

namespace internal {

template <class In>
concept HasPrepare = requires(In& in, const Preparation& preparation) {
  { prepare(in, preparation) } -> std::same_as<Result<void>>;
};
template <class In>
concept HasBlocks = requires(const In& in) {
  { blocks(in) } -> std::same_as<bool>;
};
template <class In>
concept HasBlocksHere = requires(const In& in, const store::Store& store) {
  { blocks(in, store) } -> std::same_as<bool>;
};
template <class In>
concept HasRawBody = requires(In& in, const RawBody& body) {
  { take_body(in, body) } -> std::same_as<Result<void>>;
};
template <class Out>
concept HasRefused = requires(Out& out) {
  { out.refused } -> std::convertible_to<std::optional<Refused>>;
};
template <class Out>
concept HasCursor = requires(Out& out) {
  { out.next_cursor } -> std::convertible_to<std::optional<std::string>>;
};
// An Out whose JSON is not an object of fields (a list of events) says what it is itself.
template <class Out>
concept HasData = requires(const Out& out) {
  { to_data(out) } -> std::same_as<Json>;
};
// The same, as JSON text that need not be read and written again.
template <class Out>
concept HasDataText = requires(const Out& out) {
  { to_data_text(out) } -> std::same_as<std::string>;
};
template <class Out>
concept HasRaw = requires(Out& out) {
  { out.raw } -> std::convertible_to<std::string>;
  { out.content_type } -> std::convertible_to<std::string>;
};

// A free function, because inside CallOf the name `prepare` is the member's.
template <HasPrepare In>
Result<void> prepare_input(In& in, const Preparation& preparation) {
  return prepare(in, preparation);
}

template <class In>
class CallOf final : public Call {
 public:
  In in{};

  Result<void> prepare([[maybe_unused]] const Preparation& preparation) override {
    if constexpr (HasPrepare<In>) return prepare_input(in, preparation);
    return {};
  }
  Prepare needs_prepare([[maybe_unused]] const store::Store& store) const override {
    if constexpr (!HasPrepare<In>) return Prepare::not_needed;
    if constexpr (HasBlocks<In>) {
      if (blocks(in)) return Prepare::on_reader_thread;
    } else if constexpr (HasBlocksHere<In>) {
      if (blocks(in, store)) return Prepare::on_reader_thread;
    }
    return Prepare::at_once;
  }
};

template <class In>
Result<std::unique_ptr<Call>> decode_call(const Source& source, const RawBody& body) {
  auto call = std::make_unique<CallOf<In>>();
  TRY(decode(source, call->in));
  if constexpr (HasRawBody<In>) TRY(take_body(call->in, body));
  return std::unique_ptr<Call>(std::move(call));
}

template <class Out>
Answer answer_of(Out out) {
  Answer answer;
  if constexpr (HasRefused<Out>) answer.refused = std::move(out.refused);
  if constexpr (HasCursor<Out>) answer.next_cursor = std::move(out.next_cursor);
  if constexpr (HasRaw<Out>) {
    answer.raw = std::move(out.raw);
    answer.content_type = std::move(out.content_type);
  } else if constexpr (HasDataText<Out>) {
    answer.data_text = to_data_text(out);
  } else if constexpr (HasData<Out>) {
    if (!answer.refused) answer.data = to_data(out);
  } else {
    if (!answer.refused) answer.data = encode(out);
  }
  return answer;
}

template <class Out>
std::vector<FieldDoc> output_docs() {
  return field_docs<Out>();
}

template <class Out, class In>
Operation row(const About& about) {
  Operation operation;
  operation.about = about;
  operation.decode = &decode_call<In>;
  operation.inputs = &field_docs<In>;
  operation.outputs = &output_docs<Out>;
  return operation;
}

}  // namespace internal

template <class Out, class In>
Operation operation(const About& about, Result<Out> (*function)(store::Write&, const In&)) {
  Operation row = internal::row<Out, In>(about);
  row.is_write = true;
  row.write = [function](store::Write& write, Call& call) -> Result<Answer> {
    return internal::answer_of(TRY(function(write, static_cast<internal::CallOf<In>&>(call).in)));
  };
  return row;
}

template <class Out, class In>
Operation operation(const About& about, Result<Out> (*function)(const store::Read&, const In&)) {
  Operation row = internal::row<Out, In>(about);
  row.read = [function](const store::Read& read, Call& call) -> Result<Answer> {
    return internal::answer_of(TRY(function(read, static_cast<internal::CallOf<In>&>(call).in)));
  };
  return row;
}

}  // namespace assent::app
