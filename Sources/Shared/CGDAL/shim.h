#pragma once
#include <fcntl.h>
#include <malloc.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <cpl_conv.h>
#include <cpl_error.h>
#include <cpl_http.h>
#include <cpl_string.h>
#include <cpl_vsi.h>
#include <gdal.h>
#include <gdal_alg.h>
#include <gdal_utils.h>
#include <ogr_srs_api.h>
#include <proj.h>

// GDALClose returns nothing before GDAL 3.7 and an error since; both tell the error handler.
static inline void matter_close(GDALDatasetH dataset) { (void)GDALClose(dataset); }

// C strings of macros that Swift cannot import.
static inline unsigned matter_open_flags(void) { return GDAL_OF_RASTER | GDAL_OF_READONLY | GDAL_OF_VERBOSE_ERROR; }

// The size of a file that GDAL sees, or −1 where there is none. `VSIStatBufL` is `struct stat64`, which this module does
// not see; where `long` has 64 bits it is `struct stat`.
_Static_assert(sizeof(long) == 8, "needs a 64-bit system");
static inline long long matter_stat(const char *path, int *is_folder) {
    struct stat status;
    if (VSIStatExL(path, (VSIStatBufL *)&status, VSI_STAT_EXISTS_FLAG | VSI_STAT_NATURE_FLAG | VSI_STAT_SIZE_FLAG) != 0) return -1;
    *is_folder = VSI_ISDIR(status.st_mode) ? 1 : 0;
    return (long long)status.st_size;
}

// A file in a folder without a name, gone when it is closed: `O_TMPFILE`, which needs _GNU_SOURCE; below 0 where there is none.
static inline int matter_unnamed_file(const char *folder) {
    return open(folder, 020000000 | 0200000 | O_RDWR | 02000000, 0600);
}

static inline void matter_limit_heaps(int count) {
#ifdef __GLIBC__
    mallopt(M_ARENA_MAX, count);
#endif
}

// Memory with a descriptor and without a name: `memfd_create`, which needs _GNU_SOURCE, closed where a program is started.
static inline int matter_shared_memory(void) {
    return (int)syscall(SYS_memfd_create, "matter-pixels", 1u);
}
