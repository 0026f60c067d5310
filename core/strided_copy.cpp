#include <sinter/core/parallel.h>
#include <sinter/core/strided_copy.h>

#include <algorithm>
#include <cstring>

namespace sinter {

namespace {

constexpr std::int64_t kGrainBytes = 64 << 10;
constexpr std::int64_t kTileBytes = 64;  // a tile's rows are as long as a cache line

struct Layout {
  Dims sizes;
  Dims to;
  Dims from;

  std::size_t dim() const { return sizes.size(); }
  std::int64_t numel() const {
    std::int64_t product = 1;
    for (const std::int64_t size : sizes) product *= size;
    return product;
  }
  void swap(std::size_t a, std::size_t b) {
    std::swap(sizes[a], sizes[b]);
    std::swap(to[a], to[b]);
    std::swap(from[a], from[b]);
  }
  void push_back(std::int64_t size, std::int64_t to_stride, std::int64_t from_stride) {
    sizes.push_back(size);
    to.push_back(to_stride);
    from.push_back(from_stride);
  }
};

// Orders the dimensions by falling target stride, so that the last one is written in order.
void sort_by_target(Layout& layout) {
  for (std::size_t i = 1; i < layout.dim(); ++i) {
    for (std::size_t j = i; j > 0 && layout.to[j - 1] < layout.to[j]; --j) layout.swap(j, j - 1);
  }
}

// The same elements with as few dimensions as possible, at least one.
Layout simplify(IntArrayRef sizes, IntArrayRef to, IntArrayRef from) {
  Layout sorted;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    if (sizes[i] != 1) sorted.push_back(sizes[i], to[i], from[i]);
  }
  sort_by_target(sorted);
  Layout out;
  for (std::size_t i = 0; i < sorted.dim(); ++i) {
    const std::int64_t size = sorted.sizes[i];
    if (out.dim() > 0 && out.to.back() == sorted.to[i] * size &&
        out.from.back() == sorted.from[i] * size) {
      out.sizes.back() *= size;
      out.to.back() = sorted.to[i];
      out.from.back() = sorted.from[i];
    } else {
      out.push_back(size, sorted.to[i], sorted.from[i]);
    }
  }
  if (out.dim() == 0) out.push_back(1, 1, 1);
  return out;
}

// Walks the indices of some dimensions in row-major order.
class Walk {
 public:
  Walk(const Layout& layout, std::int64_t index) : layout_(layout) {
    index_.resize(layout.dim());
    for (std::size_t d = layout.dim(); d-- > 0;) {
      index_[d] = index % layout.sizes[d];
      index /= layout.sizes[d];
      to += index_[d] * layout.to[d];
      from += index_[d] * layout.from[d];
    }
  }
  void next() {
    for (std::size_t d = layout_.dim(); d-- > 0;) {
      to += layout_.to[d];
      from += layout_.from[d];
      if (++index_[d] < layout_.sizes[d]) return;
      to -= layout_.sizes[d] * layout_.to[d];
      from -= layout_.sizes[d] * layout_.from[d];
      index_[d] = 0;
    }
  }

  // Where the current element lies, in elements.
  std::int64_t to = 0;
  std::int64_t from = 0;

 private:
  const Layout& layout_;
  Dims index_;
};

template <class T>
struct Copy {
  T* to;
  const T* from;
  Layout outer;  // the dimensions that the loops below do not cover

  static constexpr std::int64_t bytes = sizeof(T);
  static constexpr std::int64_t tile = std::max<std::int64_t>(kTileBytes / bytes, 16);

  static void run(T* target, const T* source, std::int64_t length, std::int64_t to_stride,
                  std::int64_t from_stride) {
    if (to_stride == 1 && from_stride == 1) {
      std::memcpy(target, source, static_cast<std::size_t>(length) * sizeof(T));
    } else if (to_stride == 1) {
      for (std::int64_t i = 0; i < length; ++i) target[i] = source[i * from_stride];
    } else {
      for (std::int64_t i = 0; i < length; ++i) target[i * to_stride] = source[i * from_stride];
    }
  }

  // Copies runs along the last dimension. Work is cut by elements, so that few long runs are shared
  // among threads too.
  void rows(std::int64_t size, std::int64_t to_stride, std::int64_t from_stride) const {
    const std::int64_t total = outer.numel() * size;
    parallel_for(0, total, kGrainBytes / bytes, [&](std::int64_t begin, std::int64_t end) {
      Walk at(outer, begin / size);
      for (std::int64_t start = begin % size; begin < end; start = 0, at.next()) {
        const std::int64_t length = std::min(size - start, end - begin);
        run(to + at.to + start * to_stride, from + at.from + start * from_stride, length, to_stride,
            from_stride);
        begin += length;
      }
    });
  }

  // Transposes planes in which the source is dense along one dimension and the target along the
  // other: plane.sizes = [dense in the source, dense in the target].
  void planes(const Layout& plane) const {
    const std::int64_t strips = (plane.sizes[0] + tile - 1) / tile;
    const std::int64_t strip_bytes = std::min(tile, plane.sizes[0]) * plane.sizes[1] * bytes;
    const std::int64_t grain = std::max<std::int64_t>(kGrainBytes / strip_bytes, 1);
    parallel_for(0, outer.numel() * strips, grain, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) {
        const Walk at(outer, i / strips);
        const std::int64_t first = i % strips * tile;
        strip(to + at.to + first * plane.to[0], from + at.from + first, plane,
              std::min(tile, plane.sizes[0] - first));
      }
    });
  }

  static void strip(T* target, const T* source, const Layout& plane, std::int64_t height) {
    for (std::int64_t c = 0; c < plane.sizes[1]; c += tile) {
      const std::int64_t width = std::min(tile, plane.sizes[1] - c);
      const T* corner = source + c * plane.from[1];
      if (width == tile && height == tile) {
        whole_tile(target + c, plane.to[0], corner, plane.from[1]);
      } else {
        for (std::int64_t r = 0; r < height; ++r) {
          run(target + r * plane.to[0] + c, corner + r, width, 1, plane.from[1]);
        }
      }
    }
  }

  // By way of a buffer: the lines of a source whose strides are a power of two would push one
  // another out of the cache.
  static void whole_tile(T* target, std::int64_t to_stride, const T* source,
                         std::int64_t from_stride) {
    T buffer[tile][tile];
    for (std::int64_t i = 0; i < tile; ++i)
      std::memcpy(buffer[i], source + i * from_stride, sizeof buffer[i]);
    for (std::int64_t r = 0; r < tile; ++r) {
      T* line = target + r * to_stride;
      for (std::int64_t i = 0; i < tile; ++i) line[i] = buffer[i][r];
    }
  }
};

// The dimension along which the source is dense, or the last one.
std::size_t dense_source_dim(const Layout& layout) {
  for (std::size_t i = 0; i < layout.dim(); ++i) {
    if (layout.from[i] == 1) return i;
  }
  return layout.dim() - 1;
}

template <class T>
void copy_elements(void* to, const void* from, const Layout& layout) {
  const std::size_t last = layout.dim() - 1;
  const std::size_t dense = dense_source_dim(layout);
  const bool transpose = layout.to[last] == 1 && dense != last;
  Copy<T> copy{static_cast<T*>(to), static_cast<const T*>(from), {}};
  for (std::size_t i = 0; i < last; ++i) {
    if (!transpose || i != dense)
      copy.outer.push_back(layout.sizes[i], layout.to[i], layout.from[i]);
  }
  if (!transpose) return copy.rows(layout.sizes[last], layout.to[last], layout.from[last]);
  Layout plane;
  for (const std::size_t i : {dense, last})
    plane.push_back(layout.sizes[i], layout.to[i], layout.from[i]);
  copy.planes(plane);
}

}  // namespace

void copy_strided(void* to, IntArrayRef to_strides, const void* from, IntArrayRef from_strides,
                  IntArrayRef sizes, std::size_t element_bytes) {
  if (std::find(sizes.begin(), sizes.end(), 0) != sizes.end()) return;
  const Layout layout = simplify(sizes, to_strides, from_strides);
  switch (element_bytes) {
    case 1:
      return copy_elements<std::uint8_t>(to, from, layout);
    case 2:
      return copy_elements<std::uint16_t>(to, from, layout);
    case 4:
      return copy_elements<std::uint32_t>(to, from, layout);
    default:
      return copy_elements<std::uint64_t>(to, from, layout);
  }
}

}  // namespace sinter
