// OrderedDict: names to values, in the order of insertion.
#pragma once
#include <sinter/core/error.h>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

namespace sinter {

// libtorch's torch::OrderedDict. Iteration gives items in the order they were inserted; item.key()
// names one, item.value() and *item are its value. Keys are unique. Lookup takes constant time.
// Inserting or erasing invalidates iterators and references to values.
template <class Key, class Value>
class OrderedDict {
 public:
  class Item {
   public:
    Item(Key key, Value value) : pair_(std::move(key), std::move(value)) {}
    Value& operator*() { return value(); }
    const Value& operator*() const { return value(); }
    Value* operator->() { return &value(); }
    const Value* operator->() const { return &value(); }
    const Key& key() const noexcept { return pair_.first; }
    Value& value() noexcept { return pair_.second; }
    const Value& value() const noexcept { return pair_.second; }
    const std::pair<Key, Value>& pair() const noexcept { return pair_; }

   private:
    std::pair<Key, Value> pair_;
  };
  using Iterator = typename std::vector<Item>::iterator;
  using ConstIterator = typename std::vector<Item>::const_iterator;

  // key_description says in errors what a key is: "Parameter 'w' is not defined".
  explicit OrderedDict(std::string key_description = "Key")
      : key_description_(std::move(key_description)) {}
  // Throws ValueError for a key that is there twice.
  OrderedDict(std::initializer_list<Item> items) : OrderedDict("Key") {  // NOLINT
    reserve(items.size());
    for (const Item& item : items) insert(item.key(), item.value());
  }

  const std::string& key_description() const noexcept { return key_description_; }

  // The first and last item. Throw IndexError when there is none.
  Item& front() { return items_[checked(0)]; }
  const Item& front() const { return items_[checked(0)]; }
  Item& back() { return items_[checked(items_.size() - 1)]; }
  const Item& back() const { return items_[checked(items_.size() - 1)]; }
  // The item at a place. Throws IndexError.
  Item& operator[](std::size_t index) { return items_[checked(index)]; }
  const Item& operator[](std::size_t index) const { return items_[checked(index)]; }
  // The value of a key. Throws IndexError `[ordered_dict] Parameter 'w' is not defined`.
  Value& operator[](const Key& key) { return items_[place_of(key)].value(); }
  const Value& operator[](const Key& key) const { return items_[place_of(key)].value(); }
  // The value of a key, or nullptr.
  Value* find(const Key& key) noexcept {
    const std::size_t place = lookup(key);
    return place == kNowhere ? nullptr : &items_[place].value();
  }
  const Value* find(const Key& key) const noexcept {
    const std::size_t place = lookup(key);
    return place == kNowhere ? nullptr : &items_[place].value();
  }
  bool contains(const Key& key) const noexcept { return lookup(key) != kNowhere; }

  Iterator begin() { return items_.begin(); }
  ConstIterator begin() const { return items_.begin(); }
  Iterator end() { return items_.end(); }
  ConstIterator end() const { return items_.end(); }
  std::size_t size() const noexcept { return items_.size(); }
  bool is_empty() const noexcept { return items_.empty(); }
  void reserve(std::size_t capacity) { items_.reserve(capacity); }

  // Adds an item at the end. Throws ValueError `[ordered_dict] Parameter 'w' is already defined`.
  Value& insert(Key key, Value value) {
    if (contains(key)) fail<ValueError>("[ordered_dict] ", describe(key), " is already defined");
    items_.emplace_back(std::move(key), std::move(value));
    index_back();
    return items_.back().value();
  }
  // Adds all items of another dictionary. Throws ValueError for a key that is there already.
  void update(const OrderedDict& other) {
    reserve(size() + other.size());
    for (const Item& item : other) insert(item.key(), item.value());
  }
  // Removes a key; the order of the others stays. Throws IndexError when it is not there.
  void erase(const Key& key) {
    items_.erase(items_.begin() + static_cast<std::ptrdiff_t>(place_of(key)));
    reindex(slots_.size());
  }
  void clear() {
    items_.clear();
    slots_.clear();
  }

  const std::vector<Item>& items() const noexcept { return items_; }
  std::vector<Key> keys() const {
    std::vector<Key> out;
    out.reserve(size());
    for (const Item& item : items_) out.push_back(item.key());
    return out;
  }
  std::vector<Value> values() const {
    std::vector<Value> out;
    out.reserve(size());
    for (const Item& item : items_) out.push_back(item.value());
    return out;
  }
  std::vector<std::pair<Key, Value>> pairs() const {
    std::vector<std::pair<Key, Value>> out;
    out.reserve(size());
    for (const Item& item : items_) out.push_back(item.pair());
    return out;
  }
  // Same keys and values in the same order.
  friend bool operator==(const OrderedDict& a, const OrderedDict& b) {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i) {
      if (!(a.items_[i].pair() == b.items_[i].pair())) return false;
    }
    return true;
  }

 private:
  static constexpr std::size_t kNowhere = static_cast<std::size_t>(-1);
  static constexpr std::size_t kLinear = 8;  // up to so many items are searched one by one

  std::string describe(const Key& key) const { return str(key_description_, " '", key, "'"); }
  std::size_t checked(std::size_t index) const {
    SINTER_CHECK_AS(IndexError, index < size(), "[ordered_dict] index out of range (size ", size(),
                    "); got ", index);
    return index;
  }
  std::size_t place_of(const Key& key) const {
    const std::size_t place = lookup(key);
    if (place == kNowhere) fail<IndexError>("[ordered_dict] ", describe(key), " is not defined");
    return place;
  }

  // slots_ is a hash table of places in items_ plus 1, with linear probing; 0 is free.
  std::size_t first_slot(const Key& key) const {
    return std::hash<Key>()(key) & (slots_.size() - 1);
  }
  std::size_t lookup(const Key& key) const noexcept {
    if (slots_.empty()) {
      for (std::size_t i = 0; i < items_.size(); ++i) {
        if (items_[i].key() == key) return i;
      }
      return kNowhere;
    }
    for (std::size_t s = first_slot(key); slots_[s] != 0; s = (s + 1) & (slots_.size() - 1)) {
      if (items_[slots_[s] - 1].key() == key) return slots_[s] - 1;
    }
    return kNowhere;
  }
  void index_back() {
    if (slots_.empty() && items_.size() <= kLinear) return;
    if (slots_.size() < 2 * items_.size()) return reindex(4 * items_.size());
    place(items_.size() - 1);
  }
  void reindex(std::size_t wanted) {
    std::size_t capacity = wanted == 0 ? 0 : 1;
    while (capacity < wanted) capacity *= 2;
    slots_.assign(capacity, 0);
    if (capacity == 0) return;
    for (std::size_t i = 0; i < items_.size(); ++i) place(i);
  }
  void place(std::size_t i) {
    std::size_t s = first_slot(items_[i].key());
    while (slots_[s] != 0) s = (s + 1) & (slots_.size() - 1);
    slots_[s] = static_cast<std::uint32_t>(i + 1);
  }

  std::vector<Item> items_;
  std::vector<std::uint32_t> slots_;
  std::string key_description_;
};

}  // namespace sinter
