# Installs the library, its public headers, and package files for CMake and pkg-config.

include(CMakePackageConfigHelpers)
set(sinter_package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/sinter")

install(
  TARGETS sinter
  EXPORT sinterTargets
  LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}"
  ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}"
  RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
install(FILES sinter.h DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/sinter")

# Private headers are told by their place and name: tests/layering holds the rest of the tree to it.
install(
  DIRECTORY core ops autograd nn graph quant
  DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/sinter"
  FILES_MATCHING
  PATTERN "*.h"
  PATTERN "cpu" EXCLUDE
  PATTERN "*_internal.h" EXCLUDE
  PATTERN "*-inl.h" EXCLUDE)

get_target_property(sinter_kind sinter TYPE)
if(sinter_kind STREQUAL "STATIC_LIBRARY")
  set(SINTER_STATIC ON)
  set(sinter_private_libs -lhwy)
  if(SINTER_ONEDNN)
    list(APPEND sinter_private_libs -ldnnl)
    install(FILES cmake/FindOneDNN.cmake DESTINATION "${sinter_package_dir}")
  endif()
  if(SINTER_ONNX)
    list(APPEND sinter_private_libs -lprotobuf-lite)
  endif()
  if(SINTER_OPENMP)
    list(APPEND sinter_private_libs ${OpenMP_CXX_FLAGS})
  endif()
  list(APPEND sinter_private_libs -pthread)
  list(JOIN sinter_private_libs " " SINTER_PRIVATE_LIBS)
else()
  set(SINTER_STATIC OFF)
  set(SINTER_PRIVATE_LIBS "")
endif()

install(EXPORT sinterTargets NAMESPACE sinter:: DESTINATION "${sinter_package_dir}")
configure_package_config_file(cmake/sinterConfig.cmake.in sinterConfig.cmake
                              INSTALL_DESTINATION "${sinter_package_dir}")
write_basic_package_version_file(sinterConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/sinterConfig.cmake"
              "${PROJECT_BINARY_DIR}/sinterConfigVersion.cmake" DESTINATION "${sinter_package_dir}")

# The file finds its prefix from its own place, so that an installed tree can be moved.
cmake_path(RELATIVE_PATH CMAKE_INSTALL_PREFIX BASE_DIRECTORY
           "${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig" OUTPUT_VARIABLE SINTER_PC_PREFIX)
configure_file(cmake/sinter.pc.in sinter.pc @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/sinter.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
