// Named choices of options: sinter::kMean, kReflect, kFanIn and their like, each a type of its own,
// so that an option takes only the names that it knows.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>

namespace sinter {

// SINTER_ENUM_DECLARE(Mean) declares the type enumtype::kMean and its value kMean.
#define SINTER_ENUM_DECLARE(name)                                 \
  namespace enumtype {                                            \
  struct k##name {                                                \
    static constexpr const char* text = "k" #name;                \
    friend constexpr bool operator==(k##name, k##name) = default; \
  };                                                              \
  }                                                               \
  inline constexpr enumtype::k##name k##name {}

SINTER_ENUM_DECLARE(Linear);
SINTER_ENUM_DECLARE(Conv1D);
SINTER_ENUM_DECLARE(Conv2D);
SINTER_ENUM_DECLARE(Conv3D);
SINTER_ENUM_DECLARE(ConvTranspose1D);
SINTER_ENUM_DECLARE(ConvTranspose2D);
SINTER_ENUM_DECLARE(ConvTranspose3D);
SINTER_ENUM_DECLARE(Sigmoid);
SINTER_ENUM_DECLARE(Tanh);
SINTER_ENUM_DECLARE(ReLU);
SINTER_ENUM_DECLARE(LeakyReLU);
SINTER_ENUM_DECLARE(FanIn);
SINTER_ENUM_DECLARE(FanOut);
SINTER_ENUM_DECLARE(Zeros);
SINTER_ENUM_DECLARE(Constant);
SINTER_ENUM_DECLARE(Reflect);
SINTER_ENUM_DECLARE(Replicate);
SINTER_ENUM_DECLARE(Circular);
SINTER_ENUM_DECLARE(None);
SINTER_ENUM_DECLARE(Mean);
SINTER_ENUM_DECLARE(Sum);
SINTER_ENUM_DECLARE(Valid);
SINTER_ENUM_DECLARE(Same);

// One of several names. OneOf<enumtype::kNone, enumtype::kMean> holds kNone until told otherwise.
template <class... Names>
class OneOf {
 public:
  constexpr OneOf() = default;
  template <class Name>
  requires(std::is_same_v<Name, Names> || ...) constexpr OneOf(Name)
      : index_(index_of<Name>()) {}  // NOLINT: a name is a choice

  // Whether this is that name: mode.is(kFanIn).
  template <class Name>
  constexpr bool is(Name) const {
    return index_ == index_of<Name>();
  }
  // The place of the name among those of the type.
  constexpr std::size_t index() const { return index_; }
  // The name as it is written: "kMean".
  constexpr const char* text() const {
    constexpr const char* texts[] = {Names::text...};
    return texts[index_];
  }
  friend constexpr bool operator==(OneOf, OneOf) = default;

 private:
  template <class Name>
  static constexpr std::uint8_t index_of() {
    constexpr bool matches[] = {std::is_same_v<Name, Names>...};
    std::uint8_t i = 0;
    while (!matches[i]) ++i;
    return i;
  }
  std::uint8_t index_ = 0;
};

namespace enumtype {
// The name of a choice: get_enum_name(options.padding_mode()) is "kReflect".
template <class... Names>
std::string get_enum_name(OneOf<Names...> choice) {
  return choice.text();
}
}  // namespace enumtype

}  // namespace sinter
