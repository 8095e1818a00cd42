/* Columns of a block, wherever they lie and whatever they are made of. */
#ifndef LEASTWISE_SOURCE_H
#define LEASTWISE_SOURCE_H

#include "block.h"

/* A block of rows as panels: inputs, targets, a column of ones, zeros. */
typedef struct {
    double *u, *low;            /* value - shift; what that rounds off, or NULL */
    double *shift, *most, *least; /* by column; largest and least value so far */
    double *lanes;              /* eight columns, read apart */
} lw_packed;

/* Read rows begin .. begin + m. */
void lw_pack_rows(const lw_rows *rows, const lw_block *block, size_t begin, size_t m,
                  lw_packed *out);

#endif
