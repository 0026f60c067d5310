// Tensors: making them, computing with them, reading and writing parts of them.
#include <sinter/sinter.h>

#include <iostream>
#include <vector>

using namespace sinter::indexing;
using sinter::Tensor;

int main() {
  // From numbers, by a rule, around memory of your own (which stays yours).
  Tensor a = sinter::tensor({{1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}});
  const Tensor steps = sinter::arange(3);
  std::vector<float> memory{0.5F, 1.5F};
  const Tensor around = sinter::from_blob(memory.data(), {2, 1});
  std::cout << a.sizes() << " of " << a.dtype() << "\n" << steps << "\n";

  // Shapes broadcast as in NumPy, and types promote as in PyTorch: i64 and f32 give f32.
  std::cout << "a * steps + around =\n" << a * steps + around << "\n";
  std::cout << "softmax of rows =\n" << a.softmax(1) << "\n";
  const auto [largest, where] = a.max(0);
  std::cout << "largest of columns:\n" << largest << "\nfound in rows\n" << where << "\n";

  // Parts. Integers and slices give views: writing to one writes to the tensor.
  std::cout << "last column backwards:\n" << a.index({Slice(), -1}).flip({0}) << "\n";
  a[0][1] = -20;
  a.index_put_({1, Slice(1, None)}, 0);
  std::cout << "a is now\n" << a << "\n";
  // Masks and tensors of indices pick elements.
  std::cout << "positive:\n" << a.index({a > 0}) << "\n";
  std::cout << "by index:\n" << a.index({Ellipsis, sinter::tensor({2, 0})}) << "\n";

  // Views share memory, however they look at it.
  Tensor transposed = a.t();
  transposed.add_(100);
  std::cout << "a[1][2] = " << a[1][2].item<float>() << ", strides of its transpose "
            << transposed.strides() << "\n";

  // A mistake is an exception, which says what went wrong.
  try {
    a + sinter::ones({4});
  } catch (const sinter::Error& error) {
    std::cout << error.what() << "\n";
  }
}
