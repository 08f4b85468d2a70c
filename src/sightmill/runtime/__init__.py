"""Running a trained model: numpy, OpenCV and ONNX Runtime (or OpenVINO) are all it needs."""
