# find_package(noxrun CONFIG): the targets noxrun::noxrun (shared) and noxrun::static.
get_filename_component(_noxrun_prefix "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)

if(NOT TARGET noxrun::noxrun)
  find_package(Threads REQUIRED)

  add_library(noxrun::noxrun SHARED IMPORTED)
  set_target_properties(noxrun::noxrun PROPERTIES
    IMPORTED_LOCATION "${_noxrun_prefix}/lib/libnoxrun${CMAKE_SHARED_LIBRARY_SUFFIX}"
    IMPORTED_NO_SONAME TRUE
    INTERFACE_INCLUDE_DIRECTORIES "${_noxrun_prefix}/include")

  add_library(noxrun::static STATIC IMPORTED)
  set_target_properties(noxrun::static PROPERTIES
    IMPORTED_LOCATION "${_noxrun_prefix}/lib/libnoxrun${CMAKE_STATIC_LIBRARY_SUFFIX}"
    INTERFACE_INCLUDE_DIRECTORIES "${_noxrun_prefix}/include")
  if(ANDROID)
    target_link_libraries(noxrun::static INTERFACE aaudio android log m ${CMAKE_DL_LIBS} Threads::Threads)
  elseif(APPLE)
    target_link_libraries(noxrun::static INTERFACE
      "-framework AudioToolbox" "-framework CoreAudio" "-framework CoreFoundation" "-framework Foundation"
      objc iconv Threads::Threads)
    if(CMAKE_SYSTEM_NAME STREQUAL "iOS")
      target_link_libraries(noxrun::static INTERFACE "-framework AVFAudio")
    endif()
  elseif(UNIX)
    # libasound is loaded at run time: what nobody calls falls away, and its names with it.
    target_link_options(noxrun::static INTERFACE -Wl,--gc-sections)
    target_link_libraries(noxrun::static INTERFACE m ${CMAKE_DL_LIBS} Threads::Threads)
  endif()
endif()

unset(_noxrun_prefix)
