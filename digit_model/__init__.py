"""A handwritten-digit recogniser for the digits people really draw and photograph."""

from digit_model.decode import ImageError
from digit_model.prediction import Prediction
from digit_model.recognizer import DigitRecognizer
from digit_model.weights import ModelError

__all__ = ["DigitRecognizer", "ImageError", "ModelError", "Prediction"]
