#include <sinter/core/parallel.h>
#include <sinter/ops/cpu/lines.h>
#include <sinter/ops/cpu/sort_kernels.h>
#include <sinter/ops/sort_attrs.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <vector>

namespace sinter::ops::cpu {

namespace {

constexpr std::int64_t kGrain = 4096;
constexpr std::size_t kRadixFrom = 256;  // shorter lines are sorted by comparing

// An element as an unsigned number in the same order, and where it stood.
struct Item {
  std::uint64_t key;
  std::int64_t index;
  friend bool operator<(const Item& a, const Item& b) {
    return a.key != b.key ? a.key < b.key : a.index < b.index;
  }
};

// The number has 8 * sizeof(T) bits. NaN comes last, -0 is 0.
template <class T>
std::uint64_t sort_key(T x) {
  if constexpr (std::is_same_v<T, bool> || std::is_same_v<T, std::uint8_t>) {
    return x;
  } else if constexpr (std::is_integral_v<T>) {
    using U = std::make_unsigned_t<T>;
    return static_cast<U>(static_cast<U>(x) ^ (U{1} << (8 * sizeof(T) - 1)));
  } else if constexpr (sizeof(T) == 2) {
    const float value = x;
    if (value != value) return 0xffff;
    const std::uint32_t bits = value == 0 ? 0 : x.bits;
    return (bits & 0x8000U) != 0 ? ~bits & 0xffffU : bits | 0x8000U;
  } else {
    using U = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
    if (x != x) return std::numeric_limits<U>::max();
    const U bits = x == 0 ? U{0} : std::bit_cast<U>(x);
    const U sign = U{1} << (8 * sizeof(T) - 1);
    return (bits & sign) != 0 ? static_cast<U>(~bits) : static_cast<U>(bits | sign);
  }
}

// Sorts by the lowest `bytes` bytes of the keys, a byte at a time from the last; stable. Bytes that
// all items share are skipped.
void radix_sort(std::vector<Item>& items, std::vector<Item>& scratch, std::size_t bytes) {
  scratch.resize(items.size());
  for (std::size_t byte = 0; byte < bytes; ++byte) {
    const auto digit = [byte](const Item& item) { return (item.key >> (8 * byte)) & 0xff; };
    std::array<std::size_t, 257> starts{};
    for (const Item& item : items) ++starts[digit(item) + 1];
    if (starts[digit(items[0]) + 1] == items.size()) continue;
    for (std::size_t d = 1; d < starts.size(); ++d) starts[d] += starts[d - 1];
    for (const Item& item : items) scratch[starts[digit(item)]++] = item;
    items.swap(scratch);
  }
}

// Both outputs of a sort.
template <class T>
struct SortJob {
  Lines lines;
  const T* in;
  T* values;
  std::int64_t* indices;
  std::int64_t kept;  // elements of each line that are stored
  bool descending;
};

// Puts the first `kept` items of a line in order.
void order(std::vector<Item>& items, std::vector<Item>& scratch, std::size_t kept,
           std::size_t bytes) {
  if (kept < items.size()) {
    const auto middle = items.begin() + static_cast<std::ptrdiff_t>(kept);
    if (kept < items.size() / 8) return std::partial_sort(items.begin(), middle, items.end());
    std::nth_element(items.begin(), middle, items.end());
    items.resize(kept);
    return std::sort(items.begin(), items.end());
  }
  if (items.size() < kRadixFrom) return std::sort(items.begin(), items.end());
  radix_sort(items, scratch, bytes);
}

template <class T>
void sort_lines(const SortJob<T>& job) {
  const Lines& lines = job.lines;
  const std::uint64_t flip =
      job.descending ? ~std::uint64_t{0} >> (64 - 8 * sizeof(T)) : std::uint64_t{0};
  parallel_for(0, lines.count,
               std::max<std::int64_t>(1, kGrain / std::max<std::int64_t>(1, lines.size)),
               [&](std::int64_t begin, std::int64_t end) {
                 std::vector<Item> items;
                 std::vector<Item> scratch;
                 AxesWalk walk(lines.others, begin);
                 for (std::int64_t l = begin; l < end; ++l) {
                   const T* in = job.in + walk.in();
                   items.resize(static_cast<std::size_t>(lines.size));
                   for (std::int64_t i = 0; i < lines.size; ++i) {
                     items[static_cast<std::size_t>(i)] = {sort_key(in[i * lines.in]) ^ flip, i};
                   }
                   order(items, scratch, static_cast<std::size_t>(job.kept), sizeof(T));
                   for (std::int64_t i = 0; i < job.kept; ++i) {
                     const std::int64_t from = items[static_cast<std::size_t>(i)].index;
                     job.values[walk.out() + i * lines.out] = in[from * lines.in];
                     job.indices[walk.out() + i * lines.out] = from;
                   }
                   if (l + 1 < end) walk.advance(1);
                 }
               });
}

void run(const KernelContext& c, std::int64_t dim, std::int64_t kept, bool descending) {
  if (c.out[0].numel() == 0) return;
  const TensorMeta& in = c.in.meta(0);
  visit_dtype(in.dtype, [&]<class T>() {
    sort_lines(SortJob<T>{Lines(in, c.out[0].impl()->meta, static_cast<std::size_t>(dim)),
                          c.in_data<T>(0), c.out_data<T>(0), c.out_data<std::int64_t>(1), kept,
                          descending});
  });
}

}  // namespace

void sort(const KernelContext& c) {
  const auto& attrs = c.attrs<SortAttrs>();
  const TensorMeta& in = c.in.meta(0);
  const std::int64_t size = in.dim() == 0 ? 1 : in.sizes[static_cast<std::size_t>(attrs.dim)];
  run(c, attrs.dim, size, attrs.descending);
}

void topk(const KernelContext& c) {
  const auto& attrs = c.attrs<TopkAttrs>();
  run(c, attrs.dim, attrs.k, attrs.largest);
}

}  // namespace sinter::ops::cpu
