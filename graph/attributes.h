// Attributes: the attributes of an op whose type is known by its OpDef only.
#pragma once
#include <sinter/ops/attrs.h>

#include <cstddef>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

namespace sinter::graph {

// Owns a copy of an op's struct of attributes.
class Attributes {
 public:
  using Item = ops::AttrsType::Item;

  Attributes() : Attributes(ops::attrs_type<ops::NoAttrs>, nullptr) {}
  // Copies values, a struct of that type; the defaults where values is null.
  Attributes(const ops::AttrsType& type, const void* values);
  template <class A>
  explicit Attributes(const A& values) : Attributes(ops::attrs_type<A>, &values) {}
  // From values by name; what is not named keeps its default. Throws TypeError for a value of the
  // wrong kind.
  static Attributes from_items(const ops::AttrsType& type, const std::vector<Item>& items);
  Attributes(const Attributes& other) : Attributes(*other.type_, other.data()) {}
  Attributes& operator=(const Attributes& other) { return *this = Attributes(other); }
  Attributes(Attributes&& other) noexcept = default;
  Attributes& operator=(Attributes&& other) noexcept {
    std::swap(type_, other.type_);
    std::swap(memory_, other.memory_);
    return *this;
  }
  ~Attributes();

  const ops::AttrsType& type() const { return *type_; }
  const void* data() const { return memory_.get(); }
  void* data() { return memory_.get(); }
  std::vector<Item> items() const { return type_->items(data()); }
  // The value of one. Throws IndexError for an unknown name.
  ops::AttrValue get(std::string_view name) const;
  // Changes one. Throws IndexError for an unknown name, TypeError for the wrong kind of value.
  void set(std::string_view name, const ops::AttrValue& value);

  friend bool operator==(const Attributes& a, const Attributes& b) {
    return a.type_ == b.type_ && a.type_->equal(a.data(), b.data());
  }

 private:
  const ops::AttrsType* type_;
  std::unique_ptr<std::byte[]> memory_;
};

}  // namespace sinter::graph
