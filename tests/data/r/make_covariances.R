# Covariances that make_refs.R has not: by sandwich, clubSandwich and survey.
# Usage: Rscript make_covariances.R FOLDER   (reads FOLDER/*.csv, writes covariances.json)
suppressMessages({library(sandwich); library(clubSandwich); library(survey); library(jsonlite)})
args <- commandArgs(TRUE); here <- if (length(args)) args[1] else "."
table_of <- function(name) read.csv(file.path(here, paste0(name, ".csv")), na.strings = "", stringsAsFactors = FALSE)
M <- function(x) unname(as.matrix(x)[, , drop = FALSE])
air <- na.omit(table_of("airquality")); air$t <- seq_len(nrow(air))
cars <- table_of("mtcars"); cars$f <- rep(c(1, 2, 3, 1), 8); cars$one <- seq_len(32)
ozone <- lm(Ozone ~ Solar.R + Wind + Temp, air)
stack <- table_of("stackloss")
loss <- lm(stackloss ~ airflow + watertemp + acidconc, stack)
mpg <- lm(mpg ~ wt + hp, cars)
heavy <- lm(mpg ~ wt + hp, cars, weights = w1)
# Rows times the roots of their weights: the same fit, of equal variances.
root <- sqrt(cars$w1)
rooted <- lm(y ~ 0 + one + wt + hp, data.frame(y = root * cars$mpg, one = root, wt = root * cars$wt, hp = root * cars$hp))
some <- cars[cars$w0 > 0, ]
part <- lm(mpg ~ wt + hp, some, weights = w0)
through <- lm(mpg ~ 0 + wt + hp, cars)
types <- function(m, kinds) setNames(lapply(kinds, function(k) M(vcovHC(m, type = k))), kinds)
all_hc <- c("HC0", "HC1", "HC2", "HC3", "HC4", "HC4m", "HC5")
kernels <- c(bartlett = "Bartlett", parzen = "Parzen", quadratic_spectral = "Quadratic Spectral",
             truncated = "Truncated", tukey_hanning = "Tukey-Hanning")
with_automatic <- kernels[1:3]
kern <- function(m, kernel, ...) M(kernHAC(m, kernel = kernel, tol = 1e-7, ...))
hac_of <- function(m) list(
  nw_auto = M(NeweyWest(m, prewhite = FALSE)), nw_auto_bw = bwNeweyWest(m, prewhite = 0),
  nw_lag3 = M(NeweyWest(m, lag = 3, prewhite = FALSE)),
  nw_lag3_adjust = M(NeweyWest(m, lag = 3, prewhite = FALSE, adjust = TRUE)),
  nw_prewhite = M(NeweyWest(m, prewhite = TRUE)), nw_prewhite_bw = bwNeweyWest(m, prewhite = 1),
  nw_lag2_prewhite = M(NeweyWest(m, lag = 2, prewhite = TRUE)),
  andrews = lapply(kernels, function(k) kern(m, k, prewhite = 0, adjust = FALSE)),
  andrews_bw = lapply(kernels, function(k) bwAndrews(m, kernel = k, prewhite = 0)),
  andrews_prewhite = lapply(kernels, function(k) kern(m, k, prewhite = 1, adjust = TRUE)),
  newey_west = lapply(with_automatic, function(k) kern(m, k, bw = bwNeweyWest, prewhite = 0, adjust = FALSE)),
  fixed = lapply(kernels, function(k) kern(m, k, bw = 4.5, prewhite = 0, adjust = FALSE)))
cr <- function(m, g, ...) {
  z <- vcovCR(m, cluster = g, ...); s <- coef_test(m, vcov = z, cluster = g, test = "Satterthwaite")
  list(covariance = M(z), dof = s$df_Satt)
}
svy <- function(design, f) { m <- svyglm(f, design); s <- summary(m)
  list(coef = unname(coef(m)), covariance = M(vcov(m)), dof = m$df.residual, p = unname(s$coefficients[, 4])) }
f <- mpg ~ wt + hp
out <- list(
  R = R.version.string,
  packages = lapply(c(sandwich = "sandwich", clubSandwich = "clubSandwich", survey = "survey"), function(k) as.character(packageVersion(k))),
  hc = list(ozone = types(ozone, all_hc), loss = types(loss, all_hc), heavy = types(heavy, all_hc),
            part = types(part, all_hc), through = types(through, all_hc)),
  two_way = list(HC0 = M(vcovCL(ozone, cluster = air[c("Month", "Day")], type = "HC0", cadjust = FALSE)),
                 HC1 = M(vcovCL(ozone, cluster = air[c("Month", "Day")], type = "HC1"))),
  three_way = M(vcovCL(mpg, cluster = cars[c("gear", "carb", "f")], type = "HC1")),
  cluster = list(CR2 = cr(ozone, air$Day, type = "CR2"), CR3 = cr(ozone, air$Day, type = "CR3"),
                 CR2_heavy = cr(rooted, cars$carb, type = "CR2"), CR3_heavy = cr(heavy, cars$carb, type = "CR3"),
                 CR2_through = cr(through, cars$carb, type = "CR2"), CR2_rows = cr(mpg, cars$one, type = "CR2")),
  hac = list(ozone = hac_of(ozone), loss = hac_of(loss), heavy = hac_of(heavy), through = hac_of(through)),
  panel = list(nw1987 = M(vcovPL(ozone, cluster = air$Month, order.by = air$Day)),
               nw1994 = M(vcovPL(ozone, cluster = air$Month, order.by = air$Day, lag = "NW1994", adjust = FALSE)),
               lag2 = M(vcovPL(ozone, cluster = air$Month, order.by = air$Day, lag = 2, adjust = FALSE))),
  survey = list(plain = svy(svydesign(~1, weights = ~w1, data = cars), f),
                strata = svy(svydesign(~1, weights = ~w1, strata = ~am, data = cars), f),
                cluster = svy(svydesign(~carb, weights = ~w1, data = cars), f),
                both = svy(svydesign(~qsec, weights = ~w1, strata = ~am, data = cars, nest = TRUE), f)))
writeLines(toJSON(out, digits = I(17), auto_unbox = TRUE, na = "null"), file.path(here, "covariances.json"))
