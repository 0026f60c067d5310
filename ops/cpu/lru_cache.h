// A cache that forgets what was not used for the longest time.
#pragma once
#include <cstddef>
#include <list>
#include <mutex>
#include <unordered_map>
#include <utility>

namespace sinter::ops::cpu {

// Keeps at most `capacity` values. Safe to use from several threads; Value is copied out, so it
// should be a shared_ptr or small.
template <class Key, class Value, class Hash>
class LruCache {
 public:
  explicit LruCache(std::size_t capacity) : capacity_(capacity) {}

  // The value of key, made by make() when it is not there. make() runs without the lock: two
  // threads may make the same value, of which one is kept.
  template <class F>
  Value get(const Key& key, F&& make) {
    {
      const std::lock_guard lock(mutex_);
      if (const auto found = index_.find(key); found != index_.end()) {
        entries_.splice(entries_.begin(), entries_, found->second);
        return found->second->second;
      }
    }
    Value value = make();
    const std::lock_guard lock(mutex_);
    if (const auto found = index_.find(key); found != index_.end()) return found->second->second;
    entries_.emplace_front(key, value);
    index_.emplace(key, entries_.begin());
    if (entries_.size() > capacity_) {
      index_.erase(entries_.back().first);
      entries_.pop_back();
    }
    return value;
  }

  // Forgets the entries for which drop(key) holds.
  template <class F>
  void erase_if(F&& drop) {
    const std::lock_guard lock(mutex_);
    for (auto entry = entries_.begin(); entry != entries_.end();) {
      if (!drop(entry->first)) {
        ++entry;
        continue;
      }
      index_.erase(entry->first);
      entry = entries_.erase(entry);
    }
  }
  std::size_t size() const {
    const std::lock_guard lock(mutex_);
    return entries_.size();
  }

 private:
  using Entries = std::list<std::pair<Key, Value>>;
  std::size_t capacity_;
  mutable std::mutex mutex_;
  Entries entries_;
  std::unordered_map<Key, typename Entries::iterator, Hash> index_;
};

}  // namespace sinter::ops::cpu
