#include <sinter/core/strided_copy.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdint>
#include <numeric>
#include <random>
#include <vector>

using namespace sinter;

namespace {

// Bytes of memory that hold a layout's elements.
std::size_t extent(const Dims& sizes, const Dims& strides) {
  std::int64_t last = 0;
  for (std::size_t i = 0; i < sizes.size(); ++i) last += (sizes[i] - 1) * strides[i];
  return static_cast<std::size_t>(last + 1);
}

template <class T>
void copy_slowly(T* to, const Dims& to_strides, const T* from, const Dims& from_strides,
                 const Dims& sizes, std::size_t dim = 0) {
  if (dim == sizes.size()) {
    *to = *from;
    return;
  }
  for (std::int64_t i = 0; i < sizes[dim]; ++i) {
    copy_slowly(to + i * to_strides[dim], to_strides, from + i * from_strides[dim], from_strides,
                sizes, dim + 1);
  }
}

template <class T>
void check_copy(const Dims& sizes, const Dims& to, const Dims& from) {
  std::vector<T> source(extent(sizes, from));
  for (std::size_t i = 0; i < source.size(); ++i) source[i] = static_cast<T>(i * 2654435761U + 1);
  std::vector<T> fast(extent(sizes, to), T{0});
  std::vector<T> slow = fast;
  copy_strided(fast.data(), to, source.data(), from, sizes, sizeof(T));
  copy_slowly(slow.data(), to, source.data(), from, sizes);
  REQUIRE(fast == slow);
}

void check_all_widths(const Dims& sizes, const Dims& to, const Dims& from) {
  check_copy<std::uint8_t>(sizes, to, from);
  check_copy<std::uint16_t>(sizes, to, from);
  check_copy<std::uint32_t>(sizes, to, from);
  check_copy<std::uint64_t>(sizes, to, from);
}

// Dense strides that walk the dimensions in a given order, the last one fastest, with gaps.
Dims strides_in_order(const Dims& sizes, const std::vector<std::size_t>& order, std::int64_t gap) {
  Dims strides(sizes.size(), 0);
  std::int64_t step = gap;
  for (std::size_t i = order.size(); i-- > 0;) {
    strides[order[i]] = step;
    step *= sizes[order[i]];
  }
  return strides;
}

}  // namespace

TEST_CASE("transposed copies equal the element by element ones") {
  for (const std::int64_t rows : {1, 3, 16, 65, 300}) {
    for (const std::int64_t columns : {1, 5, 64, 129}) {
      check_all_widths({rows, columns}, {columns, 1}, {1, rows});
      check_all_widths({rows, columns}, {1, rows}, {columns, 1});
    }
  }
}

TEST_CASE("images change between channels first and last") {
  const Dims sizes{2, 3, 17, 70};
  check_all_widths(sizes, contiguous_strides(sizes), channels_last_strides(sizes));
  check_all_widths(sizes, channels_last_strides(sizes), contiguous_strides(sizes));
}

TEST_CASE("broadcast, sliced and scalar sources are copied") {
  check_all_widths({4, 5}, {5, 1}, {0, 1});
  check_all_widths({4, 5}, {5, 1}, {1, 0});
  check_all_widths({4, 5}, {5, 1}, {0, 0});
  check_all_widths({4, 5, 6}, {30, 6, 1}, {400, 20, 3});
  check_all_widths({4, 5, 6}, {400, 20, 3}, {30, 6, 1});
  check_all_widths({}, {}, {});
  check_all_widths({1, 1}, {7, 9}, {0, 3});
}

TEST_CASE("nothing is copied for no elements") {
  int untouched = 7;
  const int source = 1;
  copy_strided(&untouched, {3, 1}, &source, {3, 1}, {0, 3}, 4);
  CHECK(untouched == 7);
  copy_strided(nullptr, {1}, nullptr, {1}, {0}, 4);
}

TEST_CASE("random layouts are copied right") {
  std::mt19937 random(1);
  for (int round = 0; round < 300; ++round) {
    Dims sizes;
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < 1 + random() % 6; ++i) {
      sizes.push_back(1 + static_cast<std::int64_t>(random() % 7));
      order.push_back(i);
    }
    std::shuffle(order.begin(), order.end(), random);
    const Dims to = strides_in_order(sizes, order, 1 + static_cast<std::int64_t>(random() % 2));
    std::shuffle(order.begin(), order.end(), random);
    const Dims from = strides_in_order(sizes, order, 1 + static_cast<std::int64_t>(random() % 2));
    check_all_widths(sizes, to, from);
  }
}
