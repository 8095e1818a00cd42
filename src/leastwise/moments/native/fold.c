/* Blocks of rows -> their Gram in pairs of float64, on several threads. */
#include "block.h"
#include "source.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* Sizes that a power of two can still be taken out of without leaving the range;
   and those whose products can be summed as they are. */
static const int LARGEST_EXPONENT = 900, PLAIN_EXPONENT = 400;
enum { DONE, NOT_HERE, NO_MEMORY, NOT_PLAIN };

typedef struct {
    const lw_rows *rows;
    const lw_block *block;
    size_t begin, end, q, panels, ld;
    int scaled;                 /* whether columns are scaled as they are packed */
    double *left[3], *right[3]; /* packed slices; right is left without weights */
    double *rest;               /* the same of weighted values */
    double *part[4];            /* float64 sums of at most LW_BLOCK rows */
    double *hi, *lo;            /* sums in pairs, upper tiles */
    lw_packed packed;
    double *scale;              /* by column: 2^-exponent, 0 while nothing varies */
    int *exponent;
    size_t pending;             /* rows in `part` */
    int status;
    void *memory;
} job;

/* Three slices make four sizes of products, the fourth of which are not exact. */
static int parts(const job *j)
{
    return j->rows->slices == 3 ? 4 : j->rows->slices;
}

/* Move the float64 sums into the pairs. */
static void settle(job *j)
{
    if (j->pending)
        for (int s = 0; s < parts(j); s++)
            j->block->settle(j->hi, j->lo, j->part[s], j->ld * j->ld);
    j->pending = 0;
}

/* Hold column c in units of a larger power of two. */
static void raise_exponent(job *j, size_t c, int exponent)
{
    double down = ldexp(1.0, j->exponent[c] - exponent);
    for (size_t i = 0; i < j->q; i++) {
        j->hi[c * j->ld + i] *= down, j->lo[c * j->ld + i] *= down;
        j->hi[i * j->ld + c] *= down, j->lo[i * j->ld + c] *= down;
    }
    j->exponent[c] = exponent;
    j->scale[c] = ldexp(1.0, -exponent);
}

/* Largest |x - shift| so far: rounding keeps the order of the values. */
static double farthest(const lw_packed *p, size_t c)
{
    return fmax(p->most[c] - p->shift[c], p->shift[c] - p->least[c]);
}

/* Raise the units of the columns that this block goes beyond: once for all of them,
   and twice as far as needed after the first, because each costs a pass over the
   sums. */
static void adapt(job *j)
{
    int settled = 0, low = j->rows->x_low || j->rows->y_low;
    for (size_t c = 0; c + 1 < j->q; c++) {
        int exponent;
        double far = farthest(&j->packed, c), size = far * j->scale[c];
        /* Low parts can take a value a last place further. */
        far = low ? fmax(far * (1.0 + 0x1p-50), fabs(j->packed.shift[c]) * 0x1p-52) : far;
        if (far == 0.0 || (size > 0.0 && size < 1.0 - low * 0x1p-40))
            continue;
        if (!isfinite(far)) {
            j->status = NOT_HERE;
            return;
        }
        frexp(far, &exponent);
        if (exponent > LARGEST_EXPONENT || exponent < -LARGEST_EXPONENT) {
            j->status = NOT_HERE;
            return;
        }
        if (!j->scaled) {
            j->exponent[c] = exponent, j->scale[c] = ldexp(1.0, -exponent);
            if (exponent > PLAIN_EXPONENT || exponent < -PLAIN_EXPONENT) {
                j->status = NOT_PLAIN;
                return;
            }
            continue;
        }
        if (!settled)
            settle(j), settled = 1;
        if (j->scale[c] == 0.0)
            j->exponent[c] = exponent; /* the first that varies: sums are 0 so far */
        else
            exponent++;
        raise_exponent(j, c, exponent);
    }
}

/* Scale, weight and cut a block of m rows. */
static void cut(job *j, size_t m, const double *w)
{
    const lw_block *b = j->block;
    int slices = j->rows->slices;
    for (size_t panel = 0; panel < j->panels; panel++) {
        size_t at = panel * LW_PANEL, n = m * LW_LANES;
        double *u = j->left[0] + at, *low = slices > 1 ? j->packed.low + at : NULL;
        double *into[3] = {u, j->left[1] + at, j->left[2] + at};
        double *onto[3] = {j->right[0] + at, j->right[1] + at, j->right[2] + at};
        if (j->scaled)
            b->scale(u, low, m, j->scale + panel * LW_LANES);
        if (w)
            b->weigh(u, low, m, w, onto[0], slices > 1 ? j->rest : NULL);
        if (slices > 1) {
            b->cut(u, low, into, n, slices);
            if (w)
                b->cut(onto[0], j->rest, onto, n, slices);
        }
    }
}

/* Sum the products of all slices: exact ones apart from each other, and those that
   round together in the last part. The slices are used up. */
static void multiply(job *j, size_t m)
{
    const lw_block *b = j->block;
    double **l = j->left, **r = j->right, **part = j->part;
    size_t panels = j->panels, all = panels * LW_PANEL;
    int last = j->rows->slices - 1, rough = parts(j) - 1, weighted = l[0] != r[0];
    b->gram(l[0], r[0], m, panels, part[0]);
    if (last == 2) {
        b->gram(l[0], r[1], m, panels, part[1]);
        b->gram(l[1], r[0], m, panels, part[1]);
        b->gram(l[1], r[1], m, panels, part[2]);
        b->add(l[0], l[1], all);
        if (weighted)
            b->add(r[0], r[1], all);
    }
    if (last > 0) {
        /* heads' rest + rest' all; without weights r[0] is l[0]. */
        b->gram(l[0], r[last], m, panels, part[rough]);
        b->add(r[0], r[last], all);
        b->gram(l[last], r[0], m, panels, part[rough]);
    }
    j->pending += m;
}

static void *run(void *argument)
{
    job *j = argument;
    for (size_t s = j->begin; s < j->end && !j->status; s += LW_PACK) {
        size_t m = j->end - s < LW_PACK ? j->end - s : LW_PACK;
        if (j->pending + m > LW_BLOCK)
            settle(j);
        lw_pack_rows(j->rows, j->block, s, m, &j->packed);
        adapt(j);
        if (j->status)
            break;
        cut(j, m, j->rows->w ? j->rows->w + s : NULL);
        multiply(j, m);
    }
    settle(j);
    return NULL;
}

static int prepare(job *j)
{
    const lw_rows *a = j->rows;
    size_t packed = j->panels * LW_PANEL, square = j->ld * j->ld;
    int slices = a->slices, sides = a->w ? 2 : 1;
    int lows = slices > 1 || a->x_low || a->y_low;
    size_t doubles = packed * (size_t)(slices * sides + lows)
                     + square * (size_t)(parts(j) + 2) + 2 * LW_PANEL + 4 * j->ld;
    size_t bytes = (doubles * sizeof(double) + j->ld * sizeof(int) + 127) / 64 * 64;
    double *at = aligned_alloc(64, bytes);
    if (!at)
        return NO_MEMORY;
    memset(at, 0, bytes);
    j->memory = at;
    for (int s = 0; s < slices; s++, at += packed)
        j->left[s] = j->right[s] = at;
    for (int s = 0; s < slices && sides == 2; s++, at += packed)
        j->right[s] = at;
    j->packed.u = j->left[0];
    if (lows)
        j->packed.low = at, at += packed;
    for (int s = slices; s < 3; s++)
        j->left[s] = j->right[s] = j->left[0]; /* not used, but pointed into */
    for (int s = 0; s < parts(j); s++, at += square)
        j->part[s] = at;
    j->hi = at, at += square;
    j->lo = at, at += square;
    j->packed.lanes = at, at += LW_PANEL;
    j->rest = at, at += LW_PANEL;
    j->scale = at, at += j->ld;
    j->packed.shift = at, at += j->ld;
    j->packed.most = at, at += j->ld;
    j->packed.least = at, at += j->ld;
    j->exponent = (int *)at;
    for (size_t c = 0; c + 1 < j->q; c++)
        j->packed.shift[c] = j->packed.most[c] = j->packed.least[c] = a->shift[c];
    j->scale[j->q - 1] = 1.0;
    return DONE;
}

/* Bring every thread to the same exponents and add. */
static void join(job *jobs, int threads, lw_sums *out)
{
    job *first = &jobs[0];
    size_t q = first->q, ld = first->ld;
    for (size_t c = 0; c + 1 < q; c++) {
        int top = 0, any = 0;
        double most = 0.0;
        for (int t = 0; t < threads; t++) {
            if (jobs[t].scale[c] != 0.0 && (!any || jobs[t].exponent[c] > top))
                top = jobs[t].exponent[c], any = 1;
            most = fmax(most, fmax(jobs[t].packed.most[c], -jobs[t].packed.least[c]));
        }
        if (!any)
            frexp(most, &top); /* a constant column */
        for (int t = 0; t < threads; t++) {
            if (!jobs[t].scaled)
                jobs[t].exponent[c] = 0;
            if (!jobs[t].scaled || jobs[t].scale[c] != 0.0)
                raise_exponent(&jobs[t], c, top);
        }
        out->exponent[c] = top;
        out->largest[c] = most;
    }
    for (int t = 1; t < threads; t++) {
        first->block->settle(first->hi, first->lo, jobs[t].hi, ld * ld);
        first->block->settle(first->hi, first->lo, jobs[t].lo, ld * ld);
    }
}

/* Put the column of ones first; 1 when a sum is not finite. */
static int hand_over(const job *j, lw_sums *out)
{
    size_t q = j->q;
    for (size_t i = 0; i < q; i++)
        for (size_t c = i; c < q; c++) {
            size_t a = (i + 1) % q, b = (c + 1) % q;
            double hi = j->hi[i * j->ld + c], lo = j->lo[i * j->ld + c];
            if (i == c && !isfinite(hi))
                return NOT_HERE;
            out->hi[a * q + b] = out->hi[b * q + a] = hi;
            out->lo[a * q + b] = out->lo[b * q + a] = lo;
        }
    return DONE;
}

static int fold(const lw_rows *rows, int threads, int scaled, lw_sums *out)
{
    size_t q = 1 + rows->p + rows->k;
    pthread_t *handles = calloc((size_t)threads, sizeof *handles);
    job *jobs = calloc((size_t)threads, sizeof *jobs);
    int status = handles && jobs ? DONE : NO_MEMORY, started = 1;
    for (int t = 0; t < threads && !status; t++) {
        jobs[t].rows = rows;
        jobs[t].block = lw_block_here();
        jobs[t].scaled = scaled;
        jobs[t].q = q;
        jobs[t].panels = (q + LW_LANES - 1) / LW_LANES;
        jobs[t].ld = jobs[t].panels * LW_LANES;
        jobs[t].begin = rows->n * (size_t)t / (size_t)threads;
        jobs[t].end = rows->n * (size_t)(t + 1) / (size_t)threads;
        status = prepare(&jobs[t]);
    }
    if (!status) {
        for (; started < threads; started++)
            if (pthread_create(&handles[started], NULL, run, &jobs[started]))
                break;
        run(&jobs[0]);
        for (int t = started; t < threads; t++)
            run(&jobs[t]); /* no thread was to be had: do its part here */
        for (int t = 1; t < started; t++)
            pthread_join(handles[t], NULL);
        for (int t = 0; t < threads; t++)
            status = jobs[t].status > status ? jobs[t].status : status;
        if (!status) {
            join(jobs, threads, out);
            status = hand_over(&jobs[0], out);
        }
    }
    for (int t = 0; jobs && t < threads; t++)
        free(jobs[t].memory);
    free(jobs);
    free(handles);
    return status;
}

int lw_fold(const lw_rows *rows, int threads, lw_sums *out)
{
    int status = fold(rows, threads, rows->slices > 1, out);
    return status == NOT_PLAIN ? fold(rows, threads, 1, out) : status;
}
