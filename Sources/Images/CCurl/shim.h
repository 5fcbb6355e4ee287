// libcurl's easy interface for Swift. curl_easy_setopt and curl_easy_getinfo are variadic macros, which Swift does not import:
// here is a function for each type an option or an answer has.
#pragma once
#include <curl/curl.h>

static inline CURLcode isolab_curl_set_number(CURL *handle, CURLoption option, long value) {
    return (curl_easy_setopt)(handle, option, value);
}

static inline CURLcode isolab_curl_set_size(CURL *handle, CURLoption option, curl_off_t value) {
    return (curl_easy_setopt)(handle, option, value);
}

static inline CURLcode isolab_curl_set_text(CURL *handle, CURLoption option, const char *value) {
    return (curl_easy_setopt)(handle, option, value);
}

static inline CURLcode isolab_curl_set_pointer(CURL *handle, CURLoption option, void *value) {
    return (curl_easy_setopt)(handle, option, value);
}

// libcurl copies the bytes.
static inline CURLcode isolab_curl_set_bytes(CURL *handle, CURLoption option, const void *bytes, size_t count) {
    struct curl_blob blob = {(void *)bytes, count, CURL_BLOB_COPY};
    return (curl_easy_setopt)(handle, option, &blob);
}

// Write, read and header functions have one form.
typedef size_t (*isolab_curl_data)(char *bytes, size_t size, size_t count, void *context);

static inline CURLcode isolab_curl_set_data_function(CURL *handle, CURLoption option, isolab_curl_data function) {
    return (curl_easy_setopt)(handle, option, function);
}

static inline CURLcode isolab_curl_set_seek_function(CURL *handle, int (*function)(void *, curl_off_t, int)) {
    return (curl_easy_setopt)(handle, CURLOPT_SEEKFUNCTION, function);
}

static inline CURLcode isolab_curl_set_progress_function(
    CURL *handle, int (*function)(void *, curl_off_t, curl_off_t, curl_off_t, curl_off_t)) {
    return (curl_easy_setopt)(handle, CURLOPT_XFERINFOFUNCTION, function);
}

static inline CURLcode isolab_curl_get_number(CURL *handle, CURLINFO info, long *value) {
    return (curl_easy_getinfo)(handle, info, value);
}

static inline CURLcode isolab_curl_get_size(CURL *handle, CURLINFO info, curl_off_t *value) {
    return (curl_easy_getinfo)(handle, info, value);
}

static inline CURLcode isolab_curl_get_text(CURL *handle, CURLINFO info, char **value) {
    return (curl_easy_getinfo)(handle, info, value);
}
