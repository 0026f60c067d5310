#include <sinter/nn/expanding_array.h>

#include <ostream>

namespace sinter::detail {

namespace {

void print_element(std::ostream& out, std::int64_t value) { out << value; }
void print_element(std::ostream& out, const std::optional<std::int64_t>& value) {
  if (value) {
    out << *value;
  } else {
    out << "None";
  }
}

template <class T>
std::ostream& print(std::ostream& out, const T* values, std::size_t size) {
  if (size != 1) out << "[";
  for (std::size_t i = 0; i < size; ++i) {
    if (i != 0) out << ", ";
    print_element(out, values[i]);
  }
  if (size != 1) out << "]";
  return out;
}

}  // namespace

std::ostream& print_array(std::ostream& out, const std::int64_t* values, std::size_t size) {
  return print(out, values, size);
}
std::ostream& print_array(std::ostream& out, const std::optional<std::int64_t>* values,
                          std::size_t size) {
  return print(out, values, size);
}

}  // namespace sinter::detail
