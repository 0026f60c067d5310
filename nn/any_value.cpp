#include <cxxabi.h>
#include <sinter/nn/any_value.h>

#include <cstdlib>
#include <memory>
#include <mutex>
#include <typeindex>
#include <unordered_map>

namespace sinter::nn::detail {

std::string type_name(const std::type_info& type) {
  int status = 0;
  const std::unique_ptr<char, void (*)(void*)> text(
      abi::__cxa_demangle(type.name(), nullptr, nullptr, &status), std::free);
  return status == 0 ? text.get() : type.name();
}

const std::string& interned_type_name(const std::type_info& type) {
  static std::mutex mutex;
  static std::unordered_map<std::type_index, std::string> names;
  const std::lock_guard lock(mutex);
  std::string& name = names[type];
  if (name.empty()) name = type_name(type);
  return name;
}

void throw_bad_any_cast(const std::type_info& held, const std::type_info& wanted) {
  fail<TypeError>("[any_value] holds another type than the one asked for (", type_name(wanted),
                  "); got ", type_name(held));
}

void throw_not_copyable(const std::type_info& held) {
  fail<TypeError>("[any_value] the value cannot be copied; got ", type_name(held));
}

}  // namespace sinter::nn::detail
