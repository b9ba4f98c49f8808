#pragma once
#include <cpl_conv.h>
#include <cpl_error.h>
#include <cpl_string.h>
#include <cpl_vsi.h>
#include <gdal.h>
#include <gdal_alg.h>
#include <gdal_utils.h>
#include <ogr_srs_api.h>

// GDALClose returns nothing before GDAL 3.7 and an error since; both tell the error handler.
static inline void matter_close(GDALDatasetH dataset) { (void)GDALClose(dataset); }

// C strings of macros that Swift cannot import.
static inline unsigned matter_open_flags(void) { return GDAL_OF_RASTER | GDAL_OF_READONLY | GDAL_OF_VERBOSE_ERROR; }
