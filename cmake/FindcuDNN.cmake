# Finds cuDNN by its header and library, beside the CUDA Toolkit or where CMake looks anyway, and defines
# cuDNN::cuDNN. NVIDIA ships no CMake package with it.

find_path(cuDNN_INCLUDE_DIR cudnn.h HINTS ${CUDAToolkit_INCLUDE_DIRS})
find_library(cuDNN_LIBRARY cudnn HINTS ${CUDAToolkit_LIBRARY_DIR} ${CUDAToolkit_LIBRARY_ROOT}
             PATH_SUFFIXES lib64 lib)
mark_as_advanced(cuDNN_INCLUDE_DIR cuDNN_LIBRARY)

set(_cudnn_header "${cuDNN_INCLUDE_DIR}/cudnn_version.h")
if(cuDNN_INCLUDE_DIR AND EXISTS "${_cudnn_header}")
  file(STRINGS "${_cudnn_header}" _cudnn_lines REGEX "#define CUDNN_(MAJOR|MINOR|PATCHLEVEL) +[0-9]+")
  string(REGEX MATCHALL "[0-9]+" _cudnn_lines "${_cudnn_lines}")
  list(JOIN _cudnn_lines "." cuDNN_VERSION)
  unset(_cudnn_lines)
endif()
unset(_cudnn_header)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(
  cuDNN
  REQUIRED_VARS cuDNN_LIBRARY cuDNN_INCLUDE_DIR
  VERSION_VAR cuDNN_VERSION)

if(cuDNN_FOUND AND NOT TARGET cuDNN::cuDNN)
  add_library(cuDNN::cuDNN UNKNOWN IMPORTED)
  set_target_properties(
    cuDNN::cuDNN PROPERTIES IMPORTED_LOCATION "${cuDNN_LIBRARY}"
                            INTERFACE_INCLUDE_DIRECTORIES "${cuDNN_INCLUDE_DIR}")
endif()
