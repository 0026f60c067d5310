#include <sinter/core/error.h>
#include <sinter/graph/attributes.h>

#include <algorithm>

namespace sinter::graph {

namespace {

void restore(const ops::AttrsType& type, void* to, const std::vector<Attributes::Item>& items) {
  try {
    type.restore(to, items);
  } catch (const std::bad_variant_access&) {
    fail<TypeError>("[attributes] a value has the wrong kind; got it among ", items.size());
  }
}

}  // namespace

Attributes::Attributes(const ops::AttrsType& type, const void* values)
    : type_(&type), memory_(new std::byte[std::max<std::size_t>(type.size, 1)]) {
  if (values != nullptr) {
    type.copy(data(), values);
  } else {
    restore(type, data(), {});
  }
}

Attributes Attributes::from_items(const ops::AttrsType& type, const std::vector<Item>& items) {
  Attributes out(type, nullptr);
  type.destroy(out.data());
  try {
    restore(type, out.data(), items);
  } catch (...) {
    type.restore(out.data(), {});
    throw;
  }
  return out;
}

Attributes::~Attributes() {
  if (memory_) type_->destroy(data());
}

ops::AttrValue Attributes::get(std::string_view name) const {
  for (Item& item : items()) {
    if (name == item.name) return std::move(item.value);
  }
  fail<IndexError>("[attributes] there is no attribute \"", name, "\"");
}

void Attributes::set(std::string_view name, const ops::AttrValue& value) {
  std::vector<Item> all = items();
  const auto at =
      std::find_if(all.begin(), all.end(), [&](const Item& i) { return name == i.name; });
  SINTER_CHECK_AS(IndexError, at != all.end(), "[attributes] there is no attribute \"", name, "\"");
  at->value = value;
  *this = from_items(*type_, all);
}

}  // namespace sinter::graph
