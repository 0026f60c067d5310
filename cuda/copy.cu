// Copies between layouts and dtypes.
#include <sinter/core/backend.h>
#include <sinter/cuda/dense.h>
#include <sinter/cuda/each.cuh>
#include <sinter/cuda/elements.cuh>
#include <sinter/cuda/kernels.h>
#include <sinter/cuda/strided.h>
#include <sinter/ops/shape_attrs.h>

namespace sinter::cuda {

namespace {

template <class To, class From>
struct ConvertEach {
  StridedLoop loop;  // to, from
  To* to;
  const From* from;
  __device__ void operator()(std::int64_t i) const {
    std::int64_t at[2];
    loop.offsets(i, at);
    to[at[0]] = convert<To>(from[at[1]]);
  }
};

template <class To, class From>
void run_convert(const Launch& launch, const StridedLoop& loop, void* to, const void* from) {
  for_each_element(
      launch, loop.numel,
      ConvertEach<To, From>{loop, static_cast<To*>(to), static_cast<const From*>(from)});
}

constexpr int kTile = 32;
constexpr int kRows = 8;

// A batch of matrices whose rows become columns: element (row, column) goes from
// from[row + column * from_step] to to[row * to_step + column].
struct Transpose {
  std::int64_t rows, columns, to_step, from_step;
  std::int64_t batch, to_batch, from_batch;
};

// Reads and writes runs of neighbours, by way of a tile in shared memory; one column of padding
// keeps the tile's columns in different banks.
template <class T>
__global__ void transpose_kernel(Transpose t, T* to, const T* from) {
  __shared__ T tile[kTile][kTile + 1];
  const std::int64_t row = static_cast<std::int64_t>(blockIdx.y) * kTile;
  const std::int64_t column = static_cast<std::int64_t>(blockIdx.x) * kTile;
  for (std::int64_t b = blockIdx.z; b < t.batch; b += gridDim.z) {
    const std::int64_t r = row + threadIdx.x;
    for (int k = threadIdx.y; k < kTile; k += kRows) {
      const std::int64_t c = column + k;
      if (r < t.rows && c < t.columns) {
        tile[k][threadIdx.x] = from[b * t.from_batch + r + c * t.from_step];
      }
    }
    __syncthreads();
    const std::int64_t c = column + threadIdx.x;
    for (int k = threadIdx.y; k < kTile; k += kRows) {
      const std::int64_t r2 = row + k;
      if (r2 < t.rows && c < t.columns) {
        to[b * t.to_batch + r2 * t.to_step + c] = tile[threadIdx.x][k];
      }
    }
    __syncthreads();
  }
}

// Whether the loop (over to, from) turns rows of memory into columns, perhaps for a batch.
bool as_transpose(const StridedLoop& loop, Transpose& out) {
  if (loop.dims < 2 || loop.dims > 3) return false;
  if (loop.stride[0][0] != 1 || loop.stride[1][1] != 1 || loop.stride[1][0] == 0) return false;
  out = {loop.size[1], loop.size[0], loop.stride[0][1], loop.stride[1][0], 1, 0, 0};
  if (loop.dims == 3) {
    out.batch = loop.size[2];
    out.to_batch = loop.stride[0][2];
    out.from_batch = loop.stride[1][2];
  }
  constexpr std::int64_t kMostBlocks = 65535;
  return out.rows > 1 && out.columns > 1 && out.rows <= kMostBlocks * kTile;
}

template <class T>
void run_transpose(const Launch& launch, const Transpose& t, void* to, const void* from) {
  const auto tiles = [](std::int64_t n) { return static_cast<unsigned>((n + kTile - 1) / kTile); };
  const auto batch = static_cast<unsigned>(std::min<std::int64_t>(t.batch, 65535));
  const dim3 grid(tiles(t.columns), tiles(t.rows), batch);
  transpose_kernel<T><<<grid, dim3(kTile, kRows), 0, launch.stream()>>>(
      t, static_cast<T*>(to), static_cast<const T*>(from));
  check_launch();
}

// Elements of T's size, moved as they are.
template <class T>
void move_elements(const Launch& launch, const StridedLoop& loop, void* to, const void* from) {
  Transpose transpose;
  if (as_transpose(loop, transpose)) return run_transpose<T>(launch, transpose, to, from);
  run_convert<T, T>(launch, loop, to, from);
}

void move_bytes(const Launch& launch, const StridedLoop& loop, std::size_t element, void* to,
                const void* from) {
  switch (element) {
    case 1:
      return move_elements<std::uint8_t>(launch, loop, to, from);
    case 2:
      return move_elements<std::int16_t>(launch, loop, to, from);
    case 4:
      return move_elements<std::int32_t>(launch, loop, to, from);
    default:
      return move_elements<std::int64_t>(launch, loop, to, from);
  }
}

}  // namespace

void copy_layout(int device, const StridedCopy& copy) {
  const Launch launch(device);
  const StridedLoop loop = make_any_order_loop(copy.sizes, {copy.to_strides, copy.from_strides});
  if (loop.numel != 0) move_bytes(launch, loop, copy.element_bytes, copy.to, copy.from);
}

void copy_elements(TensorImpl& to, const TensorImpl& from) {
  if (to.meta.numel == 0) return;
  const Launch launch(to.meta.device.index());
  const Dims source = broadcast_strides(from.meta, to.meta.sizes);
  const StridedLoop loop = make_any_order_loop(to.meta.sizes, {to.meta.strides, source});
  if (from.meta.dtype == to.meta.dtype) {
    if (to.data() == from.data() && source == to.meta.strides) return;
    return move_bytes(launch, loop, element_size(to.meta.dtype), to.data(), from.data());
  }
  visit_dtype(from.meta.dtype, [&]<class From>() {
    visit_dtype(to.meta.dtype, [&]<class To>() {
      if constexpr (!std::is_same_v<To, From>) {
        run_convert<To, From>(launch, loop, to.data(), from.data());
      }
    });
  });
}

void clone(const ops::KernelContext& c) { copy_elements(*c.out[0].impl(), *c.in[0].impl()); }
void cast(const ops::KernelContext& c) { copy_elements(*c.out[0].impl(), *c.in[0].impl()); }
void copy(const ops::KernelContext& c) { copy_elements(*c.out[0].impl(), *c.in[1].impl()); }

// Each input goes to its part of the output.
void cat(const ops::KernelContext& c) {
  const TensorImpl& out = *c.out[0].impl();
  const std::size_t dim = wrap_dim("cat", c.attrs<ops::CatAttrs>().dim, out.meta.dim());
  std::int64_t start = 0;
  for (std::size_t i = 0; i < c.in.size(); ++i) {
    const TensorImpl& in = *c.in[i].impl();
    // [0] goes with tensors of any shape, and adds nothing.
    if (in.meta.dim() != out.meta.dim()) continue;
    const auto part = TensorImpl::shallow_copy(out);
    part->meta.set_strided(in.meta.sizes, out.meta.strides,
                           out.meta.offset + start * out.meta.strides[dim]);
    copy_elements(*part, in);
    start += in.meta.sizes[dim];
  }
}

}  // namespace sinter::cuda
