// Attributes of ops: plain structs whose `fields` tuple gives equality, hash, printing, JSON and
// ONNX attributes.
#pragma once
#include <sinter/core/device.h>
#include <sinter/core/dims.h>
#include <sinter/core/dtype.h>
#include <sinter/core/scalar.h>

#include <cstddef>
#include <cstdint>
#include <new>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace sinter::ops {

// One attribute: its name, where it lies in the struct, and its ONNX name where that differs.
template <class A, class M>
struct Field {
  const char* name;
  M A::*member;
  const char* onnx = nullptr;
};
template <class A, class M>
Field(const char*, M A::*) -> Field<A, M>;
template <class A, class M>
Field(const char*, M A::*, const char*) -> Field<A, M>;

// The value of any attribute, whatever its C++ type; monostate is an empty optional. A dtype, an
// enum and a boolean list travel as their integers, a device as its name.
using AttrValue = std::variant<std::monostate, bool, std::int64_t, double, Scalar,
                               std::vector<std::int64_t>, std::string>;

template <class M>
AttrValue to_attr_value(const M& value) {
  if constexpr (std::is_same_v<M, bool> || std::is_same_v<M, double> || std::is_same_v<M, Scalar> ||
                std::is_same_v<M, std::string>) {
    return value;
  } else if constexpr (std::is_same_v<M, Device>) {
    return value.str();
  } else if constexpr (std::is_integral_v<M> || std::is_enum_v<M>) {
    return static_cast<std::int64_t>(value);
  } else if constexpr (requires { value.has_value(); }) {
    return value ? to_attr_value(*value) : AttrValue{};
  } else {
    return std::vector<std::int64_t>(value.begin(), value.end());
  }
}

// The inverse of to_attr_value; throws std::bad_variant_access for another kind of value.
template <class M>
M from_attr_value(const AttrValue& value) {
  if constexpr (std::is_same_v<M, bool> || std::is_same_v<M, double> || std::is_same_v<M, Scalar> ||
                std::is_same_v<M, std::string>) {
    return std::get<M>(value);
  } else if constexpr (std::is_same_v<M, Device>) {
    return Device(std::get<std::string>(value));
  } else if constexpr (std::is_integral_v<M> || std::is_enum_v<M>) {
    return static_cast<M>(std::get<std::int64_t>(value));
  } else if constexpr (requires(M m) { m.has_value(); }) {
    if (std::holds_alternative<std::monostate>(value)) return {};
    return from_attr_value<typename M::value_type>(value);
  } else {
    const auto& list = std::get<std::vector<std::int64_t>>(value);
    M out;
    if constexpr (requires { out.assign(IntArrayRef(list)); }) {
      out.assign(IntArrayRef(list));
    } else {
      for (std::size_t i = 0; i < out.size(); ++i) {
        out[i] = static_cast<typename M::value_type>(list.at(i));
      }
    }
    return out;
  }
}

template <class M>
inline constexpr bool is_enumeration = std::is_enum_v<M>;
template <class M>
inline constexpr bool is_enumeration<std::optional<M>> = std::is_enum_v<M>;

// What code that knows an op only by its OpDef can do with its attributes.
struct AttrsType {
  struct Item {
    const char* name;
    const char* onnx;
    AttrValue value;
    bool enumeration;  // the integer stands for an enumerator
  };
  std::size_t size;
  void (*copy)(void* to, const void* from);  // constructs
  void (*destroy)(void* attrs);
  bool (*equal)(const void* a, const void* b);
  std::vector<Item> (*items)(const void* attrs);
  // Constructs attributes in `to` from values by name; what is not named keeps its default.
  void (*restore)(void* to, const std::vector<Item>& items);
};

struct NoAttrs {
  static constexpr std::tuple<> fields{};
};

template <class A>
bool attrs_equal(const A& a, const A& b) {
  return std::apply([&](const auto&... f) { return ((a.*f.member == b.*f.member) && ...); },
                    A::fields);
}

template <class A>
std::vector<AttrsType::Item> attrs_items(const A& a) {
  return std::apply(
      [&](const auto&... f) {
        return std::vector<AttrsType::Item>{
            {f.name, f.onnx != nullptr ? f.onnx : f.name, to_attr_value(a.*f.member),
             is_enumeration<std::remove_cvref_t<decltype(a.*f.member)>>}...};
      },
      A::fields);
}

template <class A>
void set_attrs(A& a, const std::vector<AttrsType::Item>& items) {
  const auto set = [&](const auto& field) {
    for (const auto& item : items) {
      if (std::string_view(item.name) != field.name) continue;
      using M = std::remove_reference_t<decltype(a.*field.member)>;
      a.*field.member = from_attr_value<M>(item.value);
    }
  };
  std::apply([&](const auto&... f) { (set(f), ...); }, A::fields);
}

template <class A>
inline constexpr AttrsType attrs_type{
    .size = sizeof(A),
    .copy = [](void* to, const void* from) { new (to) A(*static_cast<const A*>(from)); },
    .destroy = [](void* attrs) { static_cast<A*>(attrs)->~A(); },
    .equal =
        [](const void* a, const void* b) {
          return attrs_equal(*static_cast<const A*>(a), *static_cast<const A*>(b));
        },
    .items = [](const void* attrs) { return attrs_items(*static_cast<const A*>(attrs)); },
    .restore = [](void* to,
                  const std::vector<AttrsType::Item>& items) { set_attrs(*new (to) A(), items); },
};

}  // namespace sinter::ops
