# What the library is built from. Nothing here may be seen by a program that includes <sinter/...>.

find_package(Eigen3 3.4 REQUIRED NO_MODULE)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(hwy 1.0 REQUIRED)
find_package(Threads REQUIRED)
if(SINTER_ONEDNN)
  find_package(OneDNN 2.6 REQUIRED)
endif()
if(SINTER_ONNX)
  find_package(Protobuf 3.12 REQUIRED)
endif()
if(SINTER_OPENMP)
  find_package(OpenMP REQUIRED COMPONENTS CXX)
endif()
if(SINTER_CUDA)
  # PTX of the oldest supported GPU: a driver compiles it for the one it finds.
  if(NOT DEFINED CMAKE_CUDA_ARCHITECTURES)
    set(CMAKE_CUDA_ARCHITECTURES 75-virtual)
  endif()
  if(NOT CMAKE_CUDA_COMPILER_LAUNCHER)
    set(CMAKE_CUDA_COMPILER_LAUNCHER "${CMAKE_CXX_COMPILER_LAUNCHER}")
  endif()
  enable_language(CUDA)
  find_package(CUDAToolkit 12.8 REQUIRED)
  find_package(cuDNN 9 REQUIRED)
endif()

function(sinter_link_dependencies target)
  # Header-only packages end with the build; the others are linked again by users of a static sinter.
  target_link_libraries(
    ${target} PRIVATE $<BUILD_INTERFACE:Eigen3::Eigen> $<BUILD_INTERFACE:nlohmann_json::nlohmann_json>
                      hwy::hwy Threads::Threads)
  target_compile_definitions(
    ${target} PRIVATE EIGEN_MPL2_ONLY EIGEN_DONT_PARALLELIZE
                      # Loops are compiled for the baseline, AVX2 and AVX-512; the steps between gain little.
                      "HWY_DISABLED_TARGETS=(HWY_SSSE3|HWY_SSE4|HWY_AVX3_DL)")
  if(SINTER_ONEDNN)
    target_link_libraries(${target} PRIVATE OneDNN::OneDNN)
    target_compile_definitions(${target} PRIVATE SINTER_WITH_ONEDNN)
  endif()
  if(SINTER_ONNX)
    target_link_libraries(${target} PRIVATE protobuf::libprotobuf-lite)
  endif()
  if(SINTER_OPENMP)
    target_link_libraries(${target} PRIVATE OpenMP::OpenMP_CXX)
    target_compile_definitions(${target} PRIVATE SINTER_WITH_OPENMP)
  endif()
endfunction()
