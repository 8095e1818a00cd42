# Influence at leverage 1 and checks that make_refs.R has not: by stats, car and lmtest.
# Usage: Rscript make_checks.R FOLDER   (reads FOLDER/*.csv, writes checks.json)
suppressMessages({library(lmtest); library(car); library(jsonlite)})
args <- commandArgs(TRUE); here <- if (length(args)) args[1] else "."
table_of <- function(name) read.csv(file.path(here, paste0(name, ".csv")), na.strings = "", stringsAsFactors = FALSE)
h <- function(t) list(statistic = unname(t$statistic), parameter = unname(t$parameter), p_value = unname(t$p.value))
cars <- table_of("mtcars"); cars$one <- as.numeric(seq_len(32) == 7)
all_of <- function(m) list(leverage = hatvalues(m), studentized = rstudent(m), standardized = rstandard(m),
  cook = cooks.distance(m), dffits = dffits(m), covratio = covratio(m), dfbetas = unname(dfbetas(m)))
alone <- lm(mpg ~ wt + one, cars); heavy <- lm(mpg ~ wt + one, cars, weights = w1)
# Rows times the roots of their weights: the same fit, of equal variances.
root <- sqrt(cars$w1)
rooted <- data.frame(y = root * cars$mpg, one = root, wt = root * cars$wt, hp = root * cars$hp)
same <- lm(y ~ 0 + one + wt + hp, rooted)
square <- rooted; wls <- lm(mpg ~ wt + hp, cars, weights = w1)
square$u2 <- root * fitted(wls)^2; square$u3 <- root * fitted(wls)^3
two <- lm(mpg ~ wt + hp, cars); ordered <- cars[order(cars$qsec), ]
pearson <- data.frame(e2 = residuals(wls, "pearson")^2, wt = cars$wt, hp = cars$hp)
few <- cars[1:8, ]
out <- function(m) { t <- outlierTest(m, n.max = 1); list(t = unname(t$rstudent), p = unname(t$bonf.p)) }
found <- list(
  alone = all_of(alone), alone_weighted = all_of(heavy),
  dw = h(dwtest(two, exact = TRUE, iterations = 100)),
  dw_few = h(dwtest(lm(mpg ~ wt + hp, few), exact = TRUE, iterations = 500)),
  dw_through = h(dwtest(lm(mpg ~ 0 + wt + hp, cars), exact = TRUE, iterations = 100)),
  dw_weighted = h(dwtest(same, exact = TRUE, iterations = 100)),
  bg_weighted = h(bgtest(same, order = 2)), shapiro_weighted = h(shapiro.test(residuals(same))),
  reset_weighted = anova(same, lm(y ~ 0 + one + wt + hp + u2 + u3, square))$F[2],
  bp_weighted = 32 * summary(lm(e2 ~ wt + hp, pearson))$r.squared,
  bp_through = h(bptest(lm(mpg ~ 0 + wt + hp, cars), ~ wt + hp, data = cars)),
  white = h(bptest(two, ~ wt * hp + I(wt^2) + I(hp^2), data = cars)),
  rainbow_ordered = h(raintest(lm(mpg ~ wt + hp, ordered))),
  harvey_ordered = h(harvtest(lm(mpg ~ wt + hp, ordered))),
  dw_ordered = h(dwtest(lm(mpg ~ wt + hp, ordered), exact = TRUE, iterations = 100)),
  outlier = out(two), outlier_weighted = out(wls),
  shapiro_few = lapply(3:12, function(n) h(shapiro.test(cars$mpg[1:n]))))
write_json(found, file.path(here, "checks.json"), digits = NA, auto_unbox = TRUE, na = "null")
